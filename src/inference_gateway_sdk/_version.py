"""The version of the package, which packaging and the User-Agent header read from here."""

__version__ = "0.1.0"
