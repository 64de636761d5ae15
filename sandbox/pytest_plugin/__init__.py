"""The pytest plugin: a running sandbox as a fixture, and a lease on it for each test."""
