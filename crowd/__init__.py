"""crowd: trustworthy training labels from people, for the least money."""

__version__ = "0.1.0"
