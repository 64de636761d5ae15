"""The control API: what the CLI, the TUI, the pytest plugin and other languages ask of a running sandbox."""
