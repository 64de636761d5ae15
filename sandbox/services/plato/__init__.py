"""PLATO: plans that run step by step and stream their progress, specs and artifacts, policies and governance."""
