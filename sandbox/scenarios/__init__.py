"""Scenarios: stories in YAML that publish, call, watch and judge. `load` reads them, `runner` runs them."""
