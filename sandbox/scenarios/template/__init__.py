"""Templated values: `{{ … }}` in strings, compiled once when the file is read, rendered many times."""
