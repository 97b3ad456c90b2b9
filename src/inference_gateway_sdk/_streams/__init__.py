"""Events to chunks, chunks to complete answers, and the timeouts of a stream. No I/O: time is passed in."""
