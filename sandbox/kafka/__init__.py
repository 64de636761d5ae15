"""Kafka, as the sandbox uses it: the only package that imports aiokafka. Import its modules by name."""
