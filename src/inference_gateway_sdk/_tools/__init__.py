"""Python functions as tools: their description, their arguments and their results. No I/O."""
