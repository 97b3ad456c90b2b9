"""Types to JSON schemas, JSON values to types, and JSON text that is still being written. No I/O."""
