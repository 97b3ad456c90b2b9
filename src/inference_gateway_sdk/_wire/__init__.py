"""Bytes to values and values to bytes. No I/O, no clock, no randomness, no logging."""
