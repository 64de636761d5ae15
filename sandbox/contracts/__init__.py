"""What the platform's services agree on: names, shapes and bytes. Data lives in `topics.yaml` and `schemas/`."""
