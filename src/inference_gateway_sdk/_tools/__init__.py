"""Python functions as tools: their descriptions, arguments and results. No I/O."""
