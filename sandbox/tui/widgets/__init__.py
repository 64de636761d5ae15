"""Parts of screens, one a file, each with its own CSS."""
