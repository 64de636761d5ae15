"""CAPSULE, ODYSSEY, PLATO and audit: real behaviour behind the platform's three patterns."""
