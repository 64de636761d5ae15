"""The predicate vocabulary: one class a word. A new word is one file and one line in `ASSERTIONS`."""

from sandbox.scenarios.assertions.assertion import Assertion
from sandbox.scenarios.assertions.between import Between
from sandbox.scenarios.assertions.comparisons import Gt, Gte, Lt, Lte
from sandbox.scenarios.assertions.contains import Contains
from sandbox.scenarios.assertions.equals import Equals
from sandbox.scenarios.assertions.exists import Exists
from sandbox.scenarios.assertions.matches import Matches
from sandbox.scenarios.assertions.negation import Not
from sandbox.scenarios.assertions.one_of import In
from sandbox.scenarios.assertions.schema import Schema

__all__ = ["ASSERTIONS"]

ASSERTIONS: dict[str, type[Assertion]] = {
    each.word: each for each in (Equals, Matches, Contains, Exists, In, Gte, Lte, Gt, Lt, Between, Schema, Not)
}
