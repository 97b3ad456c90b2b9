"""The logic of a tool-calling run, without I/O: requests, tool calls, limits, history and output."""
