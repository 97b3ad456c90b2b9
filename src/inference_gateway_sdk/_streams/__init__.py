"""Events to chunks, chunks to whole messages, and the clocks of a stream. No I/O: time comes in as an argument."""
