"""Helpers that several test modules share: a scripted server, and one interface to both clients."""
