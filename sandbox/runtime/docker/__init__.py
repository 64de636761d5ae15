"""The docker runtime: compose/ run through Compose, observed and disturbed through the Docker API.

`endpoint`, `labels` and `sources` need the standard library only; the library `docker` is imported by the others.
"""
