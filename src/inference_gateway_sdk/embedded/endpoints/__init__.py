"""One module for each group of the gateway's endpoints."""
