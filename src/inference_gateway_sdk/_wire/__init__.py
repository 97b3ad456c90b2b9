"""Conversion between bytes and values. No I/O, no clock, no randomness, no logging."""
