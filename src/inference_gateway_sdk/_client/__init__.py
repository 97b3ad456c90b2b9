"""The two clients: configuration, attempts and stream lifecycle. The blocking files are derived from the async ones."""
