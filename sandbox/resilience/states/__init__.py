"""A class per state of the circuit breaker; the transitions between them are data in `sandbox.resilience.state`."""
