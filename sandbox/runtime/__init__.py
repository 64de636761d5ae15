"""Runtimes: the composition root, which ties Kafka, the services and the engine together on this machine."""
