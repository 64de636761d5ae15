"""Configuration: resolved once, then passed as an argument."""
