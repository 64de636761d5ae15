"""Facts, the one kind of message that flows from every component to the engine's journal."""
