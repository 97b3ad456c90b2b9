"""JSON schemas of types, decoding of JSON values to types, and incremental parsing of JSON text. No I/O."""
