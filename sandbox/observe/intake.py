"""The engine's end of link 1: batches of facts from the service processes, each fact taken exactly once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import UsageError
from sandbox.events.facts import FACTS, Fact, FactsLost
from sandbox.observe.journal import Journal

__all__ = ["FactBatch", "Intake"]


@dataclass(frozen=True, slots=True)
class FactBatch:
    """`facts[0]` is number `first` (from 0) of this `epoch`, which is one life of the process `instance`.

    `lost` facts right before `first` were dropped by the sender.
    """

    instance: str
    epoch: str
    first: int
    lost: int
    facts: tuple[Mapping[str, Any], ...]

    @classmethod
    def from_json(cls, data: object) -> FactBatch:
        """Raises UsageError that names the member at fault; a batch is taken whole or not at all."""
        if not isinstance(data, dict):
            raise UsageError("a batch of facts is a JSON object", where="body")
        for name in ("instance", "epoch"):
            if not isinstance(data.get(name), str) or not 0 < len(data[name]) <= 200:
                raise UsageError("must be a text of 1 to 200 characters", where=name)
        for name in ("first", "lost"):
            if not _is_count(data.get(name)):
                raise UsageError("must be an integer, 0 or more", where=name)
        facts = data.get("facts")
        if not isinstance(facts, list):
            raise UsageError("must be a list of facts", where="facts")
        for position, fact in enumerate(facts):
            _check_fact(fact, f"facts[{position}]")
        return cls(data["instance"], data["epoch"], data["first"], data["lost"], tuple(facts))


class Intake:
    """Puts batches into the journal: what it has already is dropped, and what is missing becomes a FactsLost.

    It remembers how far each (instance, epoch) came, for the last `limit_senders` of them.
    """

    def __init__(self, journal: Journal, clock: Clock, *, limit_senders: int = 256) -> None:
        self._journal = journal
        self._clock = clock
        self._limit_senders = limit_senders
        self._next: OrderedDict[tuple[str, str], int] = OrderedDict()

    def accept(self, batch: FactBatch) -> int:
        """Append what is new, and say which number is wanted next."""
        sender = (batch.instance, batch.epoch)
        known = self._next.get(sender)
        if known is None:
            # The sender may have told an earlier engine what comes before `first`; only `lost` is really missing.
            known, lost = batch.first, batch.lost
        else:
            lost = max(0, batch.first - known)
        if lost:
            self._journal.append(FactsLost(at_ms=self._clock.now_ms(), source=batch.instance, count=lost))
        for fact in batch.facts[max(0, known - batch.first) :]:
            self._journal.append_json(fact)
        following = max(known, batch.first + len(batch.facts))
        self._next[sender] = following
        self._next.move_to_end(sender)
        while len(self._next) > self._limit_senders:
            self._next.popitem(last=False)
        return following


def _members(kind: type[Fact]) -> dict[str, tuple[str, tuple[type, ...], bool]]:
    """Member → (type's name, types that will do, required), from the fact's own fields."""
    members = {}
    for each in fields(kind):
        type_name = str(each.type).removesuffix(" | None")
        optional = each.default is not MISSING or str(each.type).endswith("| None")
        members[each.name] = (type_name, _TYPES.get(type_name, (object,)), not optional)
    return members


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Mapping[str, Any]": (dict,),
}
# Facts of kinds that are not known here come from a newer service; they are kept as they are.
_MEMBERS = {name: _members(kind) for name, kind in FACTS.items()}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_fact(fact: object, where: str) -> None:
    if not isinstance(fact, dict):
        raise UsageError("a fact is a JSON object", where=where)
    for name in ("kind", "source"):
        if not isinstance(fact.get(name), str) or not 0 < len(fact[name]) <= 200:
            raise UsageError("must be a text of 1 to 200 characters", where=f"{where}.{name}")
    if not _is_count(fact.get("at_ms")):
        raise UsageError("must be an integer, 0 or more", where=f"{where}.at_ms")
    for name, (type_name, types, required) in _MEMBERS.get(fact["kind"], {}).items():
        value = fact.get(name)
        if (required and value is None) or not (value is None or isinstance(value, types)):
            raise UsageError(f"{fact['kind']} needs {type_name} here", where=f"{where}.{name}")
