"""CAPSULE: keeps what happened to every entity, capsule by capsule, and answers for any moment of it."""
