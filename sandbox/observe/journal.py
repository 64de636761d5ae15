"""The journal: every fact of one sandbox in the order of its sequence number, which it has before anybody sees it.

Appending never waits: readers come with the number that they have read up to, and are told how much of what they ask
for is gone (`gap`). All of it happens on the engine's event loop; nothing here may be called from another thread.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.events.facts import Fact, fact_from_json
from sandbox.observe.counters import Counters

__all__ = ["Entry", "Journal", "Page"]

_OVERHEAD_BYTES = 200
_encoder = json.JSONEncoder(separators=(",", ":"))
_encode: Callable[[Any], str] = _encoder.encode
if json.encoder.c_make_encoder is not None:
    # As `json.dumps`, which makes an encoder for each value: most of what encoding a fact would cost.
    _encode_parts = json.encoder.c_make_encoder(
        None, _encoder.default, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True
    )

    def _encode(value: Any) -> str:
        return "".join(_encode_parts(value, 0))


_COMPACT_AT = 1_024
_ID_MEMBERS = ("request_id", "correlation_id", "trace_id")


class Entry(NamedTuple):
    """A fact in the journal. `body` is its JSON, which starts with `"seq"`, the sequence number (from 1)."""

    seq: int
    kind: str
    source: str
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.body)

    def fact(self) -> Fact:
        """The fact as a value. Raises ValueError when its kind is not known here."""
        return fact_from_json(self.data)


@dataclass(frozen=True, slots=True)
class Page:
    """What one read found. Read on with `after=next`; there is more to read while `next < last`.

    `gap` facts after the asked number are gone; `journal` changes when the engine starts anew and numbers begin again.
    """

    journal: str
    entries: tuple[Entry, ...]
    next: int
    gap: int
    first: int
    last: int

    def to_json(self) -> bytes:
        """`{"journal", "next", "gap", "first", "last", "facts": […]}` without encoding any fact again."""
        head = {"journal": self.journal, "next": self.next, "gap": self.gap, "first": self.first, "last": self.last}
        return b'%s,"facts":[%s]}' % (json.dumps(head).encode()[:-1], b",".join(each.body for each in self.entries))


class Journal:
    """Keeps facts within `limit_bytes`, oldest out, and counts all of them for ever.

    It is a `FactSink`, for the engine's own facts. `identity` tells one life of the engine from the next.
    """

    def __init__(self, limit_bytes: int = 16 * 1024 * 1024, *, identity: str | None = None) -> None:
        self.identity = identity or secrets.token_hex(8)
        self.counters = Counters()
        self._limit_bytes = limit_bytes
        self._kept_bytes = 0
        self._entries: list[Entry | None] = []
        self._gone = 0  # entries at the head of the list that are dropped already
        self._first = 1
        self._last = 0
        self._waiters: set[asyncio.Future[None]] = set()
        self._followers: list[Callable[[Mapping[str, Any]], None]] = []

    @property
    def first(self) -> int:
        """Sequence number of the oldest fact that is kept; `last + 1` when none is."""
        return self._first

    @property
    def last(self) -> int:
        """Sequence number of the newest fact, 0 before there is one."""
        return self._last

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def follow(self, follower: Callable[[Mapping[str, Any]], None]) -> None:
        """Call `follower` with every fact from now on, already numbered. For counting only: it runs inside `append`,
        so it must be quick, must not raise and must not append."""
        self._followers.append(follower)

    def record(self, fact: Fact) -> None:
        self.append(fact)

    def append(self, fact: Fact) -> int:
        """Give the fact its sequence number, count and keep it, and wake who waits."""
        return self.append_json(fact.to_json())

    def append_json(self, fact: Mapping[str, Any]) -> int:
        """The same for a fact in its JSON form, which has at least `kind` and `source`."""
        self._last = seq = self._last + 1
        numbered = {"seq": seq, **fact}
        numbered["seq"] = seq
        body = _encode(numbered).encode()
        self._entries.append(Entry(seq, fact["kind"], fact["source"], body))
        self._kept_bytes += len(body) + _OVERHEAD_BYTES
        if self._kept_bytes > self._limit_bytes:
            self._drop_oldest()
        self.counters.add(fact)
        for follower in self._followers:
            follower(numbered)
        if self._waiters:
            self._wake()
        return seq

    def read(
        self,
        after: int = 0,
        *,
        limit: int = 500,
        kinds: Collection[str] = (),
        sources: Collection[str] = (),
        under: str | None = None,
        scan_limit: int = 20_000,
    ) -> Page:
        """Up to `limit` facts numbered above `after`, oldest first; a negative `after` counts from the end.

        `kinds`, `sources` and `under` (a request, correlation or trace id) pick; at most `scan_limit` facts are looked
        at in one call, so that a reader never holds up the appender: `next` says how far it came.
        """
        if after < 0:
            after = max(self._first - 1, self._last + after)
        after = min(after, self._last)  # a number of an earlier journal: begin now
        begin = max(after + 1, self._first)
        end = min(self._last, begin - 1 + scan_limit)
        needle = json.dumps(under).encode() if under is not None else None
        found: list[Entry] = []
        reached = begin - 1
        for seq in range(begin, end + 1):
            if len(found) >= limit:
                break
            reached = seq
            entry = self._entries[self._gone + seq - self._first]
            if (
                entry is not None
                and (not kinds or entry.kind in kinds)
                and (not sources or entry.source in sources)
                and (needle is None or _is_under(entry, needle, under))
            ):
                found.append(entry)
        return Page(self.identity, tuple(found), reached, begin - 1 - after, self._first, self._last)

    async def wait_beyond(self, seq: int) -> None:
        """Return as soon as there is a fact numbered above `seq`. Put a timeout around it."""
        while self._last <= seq:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def _drop_oldest(self) -> None:
        """Drop from the head until the rest fits; the newest fact always stays."""
        while self._kept_bytes > self._limit_bytes and self._first < self._last:
            entry = self._entries[self._gone]
            assert entry is not None
            self._kept_bytes -= len(entry.body) + _OVERHEAD_BYTES
            self._entries[self._gone] = None
            self._gone += 1
            self._first += 1
        if self._gone >= _COMPACT_AT and self._gone * 2 > len(self._entries):
            del self._entries[: self._gone]
            self._gone = 0

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()


def _is_under(entry: Entry, needle: bytes, identity: str | None) -> bool:
    if needle not in entry.body:  # far cheaper than decoding, and most facts end here
        return False
    data = entry.data
    return any(data.get(member) == identity for member in _ID_MEMBERS)
