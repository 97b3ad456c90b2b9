"""The two clients: configuration, attempts, streams' lives. The async files are the source of the blocking ones."""
