"""One HTTP/1.1 connection as its bytes see it: no socket, no loop, no clock."""
