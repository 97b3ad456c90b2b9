"""The embedded gateway's providers: over HTTP, scripted, and the smoke-test model in a child process."""
