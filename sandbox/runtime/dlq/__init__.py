"""The dead letters' desk: what stands in the DLQ topics, how each letter stands, and replays."""
