"""The messages of a WebSocket connection, judged as they come."""

from __future__ import annotations

import json

from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.conversation import GAP, Conversation
from sandbox.scenarios.looking import Verdict
from sandbox.scenarios.model.selection import Expectation, Mismatch, Observed
from sandbox.scenarios.model.units import format_duration
from sandbox.scenarios.ports import Message, Socket
from sandbox.scenarios.result import Failure

__all__ = ["Listening"]

SHOWN_MESSAGES = 5
KEPT_MESSAGES = 1_000


class Listening:
    """The messages that came so far and what they make of the conversation."""

    def __init__(self, conversation: Conversation, every: tuple[Expectation, ...]) -> None:
        self._conversation = conversation
        self._every = every
        self._wrong: list[Mismatch] = []
        self._waited_for = 0
        self.messages: list[Observed] = []
        self.count = 0
        self._closed: Message | None = None

    @property
    def wanting(self) -> bool:
        """Whether something that was expected has not come, or something has that should not."""
        return bool(self._wrong) or not self._conversation.complete

    async def verdict(self) -> Verdict:
        if self._wrong:
            return Verdict.HOPELESS
        if self._conversation.complete:
            return Verdict.HOLDS
        hopeless = self._conversation.hopeless or self._closed is not None
        return Verdict.HOPELESS if hopeless else Verdict.NOT_YET

    @property
    def documents(self) -> list[object]:
        """What the messages that are kept hold, as far as it is JSON."""
        return [each.document for each in self.messages if each.document is not MISSING]

    async def next(self, socket: Socket) -> None:
        self.take(await socket.receive())

    def take(self, message: Message) -> None:
        seen = _observe(message)
        if message.closed is not None:
            self._closed = message
        else:
            self._wrong = self._wrong or [found for each in self._every if (found := each.mismatch(seen)) is not None]
        self.count += message.closed is None
        self.messages.append(seen)
        if len(self.messages) > KEPT_MESSAGES:
            self.messages.pop(0)
        if self._conversation.complete:
            return  # what comes afterwards takes nothing back
        self._waited_for = self._conversation.furthest
        self._conversation.take(seen)

    def failure(self, took_s: float | None) -> Failure:
        last = self.messages[-SHOWN_MESSAGES:]
        evidence = tuple(("messages" if place == 0 else "", _show(each)) for place, each in enumerate(last))
        if self._wrong:
            expected = ", ".join(f"{each.selector} {each.expected}" for each in self._wrong)
            actual = ", ".join(each.describe() for each in self._wrong)
            return Failure(f"in every message {expected}", actual, evidence)
        return Failure(self._waiting_for(), self._instead(took_s), evidence)

    def _waiting_for(self) -> str:
        """The item that no message fulfilled, and which one of the list it is."""
        places = self._conversation.places
        at = self._waited_for if self._conversation.hopeless else self._conversation.furthest
        if at < len(places) and places[at] is GAP:
            at += 1
        wanted = places[at] if at < len(places) else None
        number = sum(1 for each in places[: at + 1] if each is not GAP)
        return f"message {number}: {', '.join(each.describe() for each in wanted or ())}"

    def _instead(self, took_s: float | None) -> str:
        if self._closed is not None:
            reason = f" {self._closed.reason}" if self._closed.reason else ""
            return f"the connection was closed with {self._closed.closed}{reason} after {self.count} messages"
        if self._conversation.hopeless:
            return _show(self.messages[-1])
        after = "" if took_s is None else f" in {format_duration(round(took_s, 1))}"
        return f"not among {self.count} messages{after}"


def _observe(message: Message) -> Observed:
    parts = {"text": MISSING if message.text is None else message.text}
    if message.closed is not None:
        parts["closed"] = message.closed  # type: ignore[assignment]
    try:
        document = json.loads(message.text) if message.text is not None else MISSING
    except (ValueError, RecursionError):
        document = MISSING
    return Observed(document=document, parts=parts)


def _show(message: Observed) -> str:
    if "closed" in message.parts:
        return f"closed with {message.parts['closed']}"
    return show(message.parts["text"])
