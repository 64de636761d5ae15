"""JSON Schema as the registry needs it: whether every document that one schema takes is taken by another as well.

No library can be trusted with that question (the one that there is, `jsonsubschema`, says yes to pairs with plain
counterexamples), so this package answers it for the keywords that it can decide and raises `Undecided` for the others.
A yes is a proof; the tests look for counterexamples with a validator. Names of what breaks are Confluent's.
"""
