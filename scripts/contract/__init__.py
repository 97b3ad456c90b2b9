"""Comparison of the contract with a published one: its facts, and the originality of its sentences."""
