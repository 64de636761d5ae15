from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.capturing import capture
from sandbox.scenarios.conversation import GAP, Conversation, Place
from sandbox.scenarios.looking import Verdict, look
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.predicate import Predicate, PredicateField
from sandbox.scenarios.model.selection import (
    Expectation,
    MessageSelector,
    Mismatch,
    Observed,
    Selector,
    message_selector,
)
from sandbox.scenarios.model.strict import Name, TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.ports import Message, Socket
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Step, call_title
from sandbox.scenarios.template.tree import shown

ELLIPSES = ("…", "...")
SHOWN_MESSAGES = 5
KEPT_MESSAGES = 1_000

Item = tuple[dict[Selector, Predicate] | None, ...]


def _item(value: Any) -> Item:
    """One entry of `expect`: what a message fulfils, `…`, or {until: …}, which is `…` and then that message."""
    if value in ELLIPSES:
        return (GAP,)
    if isinstance(value, Mapping) and set(value) == {"until"} and isinstance(value["until"], Mapping):
        return (GAP, _place(value["until"]))
    if not isinstance(value, Mapping) or not value:
        raise BadValue(
            f"expected …, or JSONPaths with predicates, found {show(value)}", hint="for example {$.type: STEP_STARTED}"
        )
    return (_place(value),)


def _place(value: Mapping[Any, Any]) -> dict[Selector, Predicate]:
    return {message_selector(str(path)): Predicate.parse(predicate) for path, predicate in value.items()}


ItemField = Annotated[
    Item,
    PlainValidator(_item),
    WithJsonSchema({"anyOf": [{"enum": list(ELLIPSES)}, {"type": "object", "minProperties": 1}]}),
]


class WebSocketStep(Step):
    """Open a WebSocket connection, send, and expect messages in order. Closes it at the end of the step."""

    verb = "websocket"
    address: TemplateField = Field(alias="websocket")
    """The URL; http:// is taken as ws://."""
    headers: TemplatedMapping | None = None
    """Headers of the handshake besides the tracing ones."""
    send: TemplateField = Field(default=None)  # type: ignore[assignment]
    """A message or a list of messages, sent at once: a text as it is, anything else as JSON."""
    expect: tuple[ItemField, ...] = ()
    """Messages in order, each by JSONPath → predicate; `…` stands for any number of others."""
    every: dict[MessageSelector, PredicateField] = Field(default_factory=dict)
    """What must hold of each message that comes."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until all of it has come, or fail at this limit; 10s when left out."""
    capture: dict[Name, MessageSelector] = Field(default_factory=dict)
    """Names for parts of the last message that was expected."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know `messages`, a list."""

    def title(self, names: dict[str, Any] | None = None) -> str:
        return call_title("WS", shown(self.address, names), names or {})

    def gives(self) -> Iterator[str]:
        yield from self.capture
        if self.name is not None:
            yield self.name

    async def run(self, turn: Turn) -> str:
        places: tuple[Place | None, ...] = tuple(
            None if place is None else Expectation.bind(place, turn.names) for item in self.expect for place in item
        )
        listening = _Listening(Conversation.begin(places), Expectation.bind(self.every, turn.names))
        url = str(self.address.render(turn.names))
        given = {} if self.headers is None else {k: str(v) for k, v in self.headers.render(turn.names).items()}
        trace = turn.stage.trace()
        to_send = _messages(None if self.send is None else self.send.render(turn.names))
        url = f"ws{url[4:]}" if url.startswith("http") else url
        async with turn.stage.calls.connect(url, {**trace.headers(), **given}) as socket:
            for text in to_send:
                await socket.send(text)
            clock = turn.world.clock
            verdict = await look(listening.verdict, lambda: listening.next(socket), limit_s=self.within_s, clock=clock)
        if verdict is not Verdict.HOLDS:
            raise ExpectationFailed(listening.failure(turn.took_s))
        if listening.messages:
            capture(turn, self.capture, listening.messages[-1])
        documents = [each.document for each in listening.messages if each.document is not MISSING]
        turn.remember(self.name, {"messages": documents, "request_id": trace.request_id})
        count = listening.count
        return f"{count} message{'' if count == 1 else 's'}"


class _Listening:
    """The messages that came so far and what they make of the conversation."""

    def __init__(self, conversation: Conversation, every: tuple[Expectation, ...]) -> None:
        self._conversation = conversation
        self._every = every
        self._wrong: list[Mismatch] = []
        self._waited_for = 0
        self.messages: list[Observed] = []
        self.count = 0
        self._closed: Message | None = None

    async def verdict(self) -> Verdict:
        if self._wrong:
            return Verdict.HOPELESS
        if self._conversation.complete:
            return Verdict.HOLDS
        hopeless = self._conversation.hopeless or self._closed is not None
        return Verdict.HOPELESS if hopeless else Verdict.NOT_YET

    async def next(self, socket: Socket) -> None:
        message = await socket.receive()
        seen = _observe(message)
        if message.closed is not None:
            self._closed = message
        else:
            self._wrong = [found for each in self._every if (found := each.mismatch(seen)) is not None]
        self.count += message.closed is None
        self.messages.append(seen)
        if len(self.messages) > KEPT_MESSAGES:
            self.messages.pop(0)
        self._waited_for = self._conversation.furthest
        self._conversation.take(seen)

    def failure(self, took_s: float) -> Failure:
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

    def _instead(self, took_s: float) -> str:
        if self._closed is not None:
            reason = f" {self._closed.reason}" if self._closed.reason else ""
            return f"the connection was closed with {self._closed.closed}{reason} after {self.count} messages"
        if self._conversation.hopeless:
            return _show(self.messages[-1])
        return f"not among {self.count} messages in {format_duration(round(took_s, 1))}"


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


def _messages(value: Any) -> list[str]:
    if value is None:
        return []
    messages = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in messages]
