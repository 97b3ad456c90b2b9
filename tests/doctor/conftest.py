"""The fixture that runs `igw`."""

from cli.conftest import igw  # noqa: F401  (a fixture)
