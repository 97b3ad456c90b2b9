"""HTTP/1.1 without I/O: one connection as bytes in and bytes out. No socket, no event loop, no clock."""
