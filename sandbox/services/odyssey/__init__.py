"""ODYSSEY: the state of the world as events tell it, and the reflex that asks for a plan when one is in stress."""
