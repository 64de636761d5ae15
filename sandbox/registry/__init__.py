"""Schema registry with Confluent's REST interface, kept in Kafka's compacted `_schemas` topic."""
