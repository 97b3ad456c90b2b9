# Derived from ../_async/__init__.py by scripts/derive_blocking.py: do not edit.
"""The transport of a cassette."""
