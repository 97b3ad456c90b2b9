"""The providers behind the embedded gateway: relays to addresses, and the smoke-test model in process."""
