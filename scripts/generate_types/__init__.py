"""The generator of the contract's Python types."""
