"""One file for a bug report: what a sandbox was, did and said, without its secrets."""
