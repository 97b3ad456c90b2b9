"""Compares the contract with a published one: what it says, and that it says it in words of its own."""
