"""The local sandbox of the BUTTERFLY platform."""

__version__ = "0.1.0"
