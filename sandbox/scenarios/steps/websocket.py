from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from sandbox.errors import UsageError
from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.capturing import capture
from sandbox.scenarios.conversation import GAP, Conversation, Place
from sandbox.scenarios.held_socket import HeldSocket
from sandbox.scenarios.listening import Listening
from sandbox.scenarios.looking import Verdict, look
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.predicate import Predicate, PredicateField
from sandbox.scenarios.model.selection import Expectation, MessageSelector, Selector, message_selector
from sandbox.scenarios.model.strict import Name, TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Duration
from sandbox.scenarios.ports import Socket
from sandbox.scenarios.result import ExpectationFailed
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.background import BackgroundStep
from sandbox.scenarios.steps.step import SCENARIO, call_title, party_of
from sandbox.scenarios.template.tree import Constant, shown

ELLIPSES = ("…", "...")

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


class WebSocketStep(BackgroundStep):
    """Open a WebSocket connection, send, and expect messages in order. Closes it at the end of the step.

    In the background it stays open until `stop`; the other steps may go on with it by its name: `websocket: stream`.
    """

    verb = "websocket"
    address: TemplateField = Field(alias="websocket")
    """The URL; http:// is taken as ws://. Or the name of a connection that a step before holds open."""
    headers: TemplatedMapping | None = None
    """Headers of the handshake besides the tracing ones."""
    send: TemplateField = Field(default=None)  # type: ignore[assignment]
    """A message or a list of messages, sent at once: a text as it is, anything else as JSON."""
    expect: tuple[ItemField, ...] = ()
    """Messages in order, each by JSONPath → predicate; `…` stands for any number of others. In the background they must
    have come when it is stopped; of a connection that is open already, those count that no step has looked at."""
    every: dict[MessageSelector, PredicateField] = Field(default_factory=dict)
    """What must hold of each message that comes."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Look until all of it has come, or fail at this limit; 10s when left out."""
    capture: dict[Name, MessageSelector] = Field(default_factory=dict)
    """Names for parts of the last message that was expected."""

    @model_validator(mode="after")
    def _fits(self) -> WebSocketStep:
        if self.background and self.capture:
            raise BadValue("nothing can be captured in the background", hint="capture in `websocket: NAME` later on")
        if self.held is not None and (self.background or self.headers is not None or self.name is not None):
            raise BadValue(f"{self.held} is open already: only send, expect, every, within and capture are known here")
        return self

    @property
    def held(self) -> str | None:
        """The name of the open connection that it goes on with."""
        value = self.address.value if isinstance(self.address, Constant) else None
        return str(value) if isinstance(value, str) and value.isidentifier() else None

    @property
    def limit_s(self) -> float | None:
        return None if self.background else self.within_s

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, party_of(shown(self.address, names), names))

    def refers(self) -> Iterator[str]:
        yield from super().refers()
        if self.held is not None:
            yield self.held

    def title(self, names: dict[str, Any] | None = None) -> str:
        if self.held is not None:
            return f"WS {self.held}"
        return f"{call_title('WS', shown(self.address, names), names or {})}{' held open' if self.background else ''}"

    def gives(self) -> Iterator[str]:
        yield from self.capture
        yield from super().gives()

    async def run(self, turn: Turn) -> str:
        listening = self._listening(turn)
        to_send = _messages(None if self.send is None else self.send.render(turn.names))
        if self.held is not None:
            return await self._converse(turn, listening, self._open_one(turn), to_send)
        trace = turn.stage.trace()
        given = {} if self.headers is None else {k: str(v) for k, v in self.headers.render(turn.names).items()}
        url = str(self.address.render(turn.names))
        url = f"ws{url[4:]}" if url.startswith("http") else url
        connection = turn.stage.calls.connect(url, {**trace.headers(), **given})
        if self.background:
            return await self._hold(turn, HeldSocket(connection, listening, trace.request_id), to_send)
        async with connection as socket:
            told = await self._converse(turn, listening, socket, to_send)
        turn.remember(self.name, {"messages": listening.documents, "request_id": trace.request_id})
        return told

    def _listening(self, turn: Turn) -> Listening:
        places: tuple[Place | None, ...] = tuple(
            None if place is None else Expectation.bind(place, turn.names) for item in self.expect for place in item
        )
        return Listening(Conversation.begin(places), Expectation.bind(self.every, turn.names))

    def _open_one(self, turn: Turn) -> HeldSocket:
        found = next((each.work for each in turn.stage.backgrounds if each.name == self.held), None)
        if not isinstance(found, HeldSocket):
            hint = "open it by `websocket: URL` with `background: true` and `as`"
            raise UsageError(f"no connection named {self.held!r} is open", where=self.at, hint=hint)
        return found

    async def _hold(self, turn: Turn, held: HeldSocket, to_send: list[str]) -> str:
        await self.begin(turn, held)
        await held.opened()
        for text in to_send:
            await held.send(text)
        return "stays open"

    async def _converse(self, turn: Turn, listening: Listening, socket: Socket, to_send: list[str]) -> str:
        for text in to_send:
            await socket.send(text)
        clock = turn.world.clock
        verdict = await look(listening.verdict, lambda: listening.next(socket), limit_s=self.within_s, clock=clock)
        if verdict is not Verdict.HOLDS:
            raise ExpectationFailed(listening.failure(turn.took_s))
        if listening.messages:
            capture(turn, self.capture, listening.messages[-1])
        return f"{listening.count} message{'' if listening.count == 1 else 's'}"


def _messages(value: Any) -> list[str]:
    if value is None:
        return []
    messages = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in messages]
