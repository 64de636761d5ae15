"""Questions to the user, each a modal screen that answers with a value, or None when it was left by `esc`."""
