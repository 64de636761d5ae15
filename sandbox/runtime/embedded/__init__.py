"""The runtime without Docker: the real Apache Kafka as a child JVM, its jars, its Java and its start-up cache."""
