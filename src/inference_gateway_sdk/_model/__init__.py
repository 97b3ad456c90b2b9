"""The hand-written base of all contract types. `_generated` builds on it."""
