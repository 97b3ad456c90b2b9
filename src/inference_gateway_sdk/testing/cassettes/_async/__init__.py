"""The transport of a cassette."""
