"""Snapshots: a sandbox's data as one file that opens on another machine."""
