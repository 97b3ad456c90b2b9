"""The deciding half of a run: what to ask next, which calls to run, when to stop, what a history looks like. No I/O."""
