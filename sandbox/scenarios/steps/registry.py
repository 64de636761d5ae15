from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, PrivateAttr, field_validator, model_validator

from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.attachments import Attachments
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.predicate import Check, PredicateField
from sandbox.scenarios.model.strict import Name, TemplateField
from sandbox.scenarios.ports import Answer
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import SCENARIO, Step

OPERATIONS = ("register", "check", "compatibility")
EVERYWHERE = "global"
ANSWER_LIMIT_S = 30.0
HEADERS = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
Level = Literal["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]


class RegistryStep(Step):
    """Register a schema, check whether one would be compatible, or change a compatibility level.

    With `as: second` later steps know `second.id`, `version`, `subject` and, of a refusal, `message`. A changed level
    is put back at the end of the steps; what is registered stays.
    """

    verb = "registry"
    file_keys = ("schema-file",)
    command: str = Field(alias="registry")
    """`register SUBJECT`, `check SUBJECT` (against the latest version), or `compatibility SUBJECT` (or `global`)."""
    given: TemplateField | None = Field(default=None, alias="schema")
    """The schema: Avro or JSON Schema as it is, or its text."""
    file: str | None = Field(default=None, alias="schema-file")
    """A file with the schema, in place of `schema`."""
    kind: Literal["AVRO", "JSON", "PROTOBUF"] = Field(default="AVRO", alias="type")
    """AVRO when left out."""
    level: Level | None = None
    """The level for `compatibility`; back to the global one when left out."""
    verdict: Literal["accepted", "refused"] = Field(default="accepted", alias="is")
    """What must come of `register` or `check`: accepted (when left out) or refused."""
    says: PredicateField | None = None
    """What must hold of the refusal's text, such as `{contains: READER_FIELD_MISSING_DEFAULT_VALUE}`."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know the answer."""
    _text: str | None = PrivateAttr(default=None)

    @field_validator("command", mode="plain")
    @classmethod
    def _known(cls, value: Any) -> str:
        match = re.fullmatch(r"([\w-]+)\s+(\S+)", value) if isinstance(value, str) else None
        if match is None:
            raise BadValue(
                f"expected an operation and a subject, found {value!r}", hint="such as register orders-value"
            )
        if match[1] not in OPERATIONS:
            close = nearest(match[1], OPERATIONS)
            hint = f"did you mean {close!r}?" if close else None
            raise BadValue(f"expected one of {', '.join(OPERATIONS)}, found {match[1]!r}", hint=hint)
        return str(value)

    @model_validator(mode="after")
    def _whole(self) -> RegistryStep:
        if self.operation == "compatibility":
            if self.given is not None or self.file is not None or self.says is not None:
                raise BadValue("`compatibility` takes a `level`, no schema")
        elif (self.given is None) == (self.file is None) or self.level is not None:
            raise BadValue(f"`{self.operation}` takes either `schema` or `schema-file`, no `level`")
        if self.says is not None and self.verdict == "accepted":
            raise BadValue("`says` is about a refusal", hint="add `is: refused`")
        return self

    @property
    def operation(self) -> str:
        return self.command.split()[0]

    @property
    def subject(self) -> str:
        return self.command.split()[1]

    def needs(self) -> Iterator[str]:
        yield from super().needs()
        yield "schema-registry"

    def attach(self, files: Attachments) -> None:
        if self.file is not None:
            try:
                self._text = files.text(self.file)
            except BadValue as error:
                error.path = ("schema-file",)
                raise

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, "schema-registry")

    def title(self, names: dict[str, Any] | None = None) -> str:
        if self.operation == "compatibility":
            return f"registry: compatibility of {self.subject} {self.level or 'as everywhere'}"
        return f"registry: {self.operation} {self.subject}, {self.verdict}"

    def gives(self) -> Iterator[str]:
        if self.name is not None:
            yield self.name

    async def run(self, turn: Turn) -> str:
        if self.operation == "compatibility":
            return await self._change_level(turn)
        document = {"schema": self._schema(turn), "schemaType": self.kind}
        subject = quote(self.subject, safe="")
        if self.operation == "register":
            answer = await self._ask(turn, "POST", f"/subjects/{subject}/versions", document)
            refusal = None if answer.status == 200 else _message(answer)
        else:
            path = f"/compatibility/subjects/{subject}/versions/latest?verbose=true"
            answer = await self._ask(turn, "POST", path, document)
            found = _content(answer)
            fits = answer.status == 200 and found.get("is_compatible") is True
            refusal = None if fits else "; ".join(map(str, found.get("messages") or [])) or _message(answer)
        self._judge(turn, answer, refusal)
        told = {"subject": self.subject, "id": _content(answer).get("id"), "message": refusal}
        if self.operation == "register" and refusal is None:
            stored = _content(await self._ask(turn, "POST", f"/subjects/{subject}", document))
            told["version"] = stored.get("version")
        turn.remember(self.name, told)
        if refusal is not None:
            return f"refused: {show(refusal)}"
        return f"id {told['id']}, version {told['version']}" if self.operation == "register" else "would be accepted"

    def _judge(self, turn: Turn, answer: Answer, refusal: str | None) -> None:
        """Raises ExpectationFailed."""
        evidence = (("answer", f"{answer.status} {answer.body.decode(errors='replace')[:600]}"),)
        if (refusal is None) != (self.verdict == "accepted"):
            actual = "accepted" if refusal is None else f"refused: {show(refusal)}"
            raise ExpectationFailed(Failure(self.verdict, actual, evidence))
        says: Check | None = None if self.says is None else self.says.bind(turn.names)
        if says is not None and not says.holds(refusal):
            raise ExpectationFailed(Failure(f"refused, saying {says.describe()}", show(refusal), evidence))

    def _schema(self, turn: Turn) -> str:
        if self._text is not None:
            return self._text
        assert self.given is not None
        value = self.given.render(turn.names)
        return value if isinstance(value, str) and self.kind != "JSON" else json.dumps(value)

    async def _change_level(self, turn: Turn) -> str:
        path = "/config" if self.subject == EVERYWHERE else f"/config/{quote(self.subject, safe='')}"
        before = await self._ask(turn, "GET", path, None)
        own = _content(before).get("compatibilityLevel") if before.status == 200 else None

        async def put(level: str | None) -> Answer:
            if level is None:
                return await self._ask(turn, "DELETE", path, None)
            return await self._ask(turn, "PUT", path, {"compatibility": level})

        title = f"put the compatibility of {self.subject} back"
        turn.stage.undoing.later(f"registry {self.subject}", title, self.at, lambda: put(own))
        if self.level is None and own is None:
            return "as everywhere already"
        answer = await put(self.level)
        if answer.status != 200:
            raise ExpectationFailed(Failure("the level is changed", _message(answer)))
        return f"was {own or 'as everywhere'}"

    async def _ask(self, turn: Turn, method: str, path: str, document: Mapping[str, Any] | None) -> Answer:
        url = f"{turn.stage.names['registry']}{path}"
        body = None if document is None else json.dumps(document).encode()
        return await turn.stage.calls.request(method, url, HEADERS, body, ANSWER_LIMIT_S)


def _content(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _message(answer: Answer) -> str:
    return str(_content(answer).get("message") or f"status {answer.status}")
