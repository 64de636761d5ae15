"""Audit: one record on `audit.events` for each record on the platform's topics, in one global order."""
