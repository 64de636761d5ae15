"""One dead letter for reading: its original beside what went wrong, as lines."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual.content import Content

from sandbox.control.dlq_models import DeadLetter
from sandbox.tui.figures import bytes_text
from sandbox.tui.json_lines import json_lines
from sandbox.tui.signs import sign_of
from sandbox.tui.widgets.record_detail import hex_lines

__all__ = ["failure_lines", "original_lines", "raw_value"]

NAME_CHARS = 10
SHOWN_BYTES = 4_096


def raw_value(letter: DeadLetter) -> bytes | None:
    """The original value's bytes, None when there is none or it was not kept."""
    text = letter.letter.get("originalValueBase64")
    if text is None:
        payload = letter.letter.get("payload")
        return payload.encode() if isinstance(payload, str) else None
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return None


def original_lines(letter: DeadLetter, columns: int = 8) -> list[Content]:
    """Where it stood, key, headers, and its value: decoded, or as bytes, so many in a line, with the reason why not."""
    body, view, raw = letter.letter, letter.original, raw_value(letter)
    place = f"{body.get('originalTopic')}-{body.get('partition')}@{body.get('offset')}"
    lines = [
        _named("record", Content.styled(place, "bold")),
        _named("key", Content(str(body["key"])) if body.get("key") is not None else Content.styled("none", "$dim")),
        _named("written", str(body.get("originalTimestamp", "–"))),
        _named("value", f"{bytes_text(len(raw or b''))} · {view.format if view else 'unknown'}"),
    ]
    if view is not None and view.reason is not None:
        lines.append(_named("", Content.styled(f"▲ {view.reason}", "$warn")))
    lines.append(Content(""))
    if view is not None and view.value is not None:
        lines += [
            Content.assemble("  " * each.depth, (f"{each.name}  " if each.name else "", "$dim"), (each.text, each.tone))
            for each in json_lines(view.value)
        ]
    elif raw:
        lines += [Content(line) for line in hex_lines(raw[:SHOWN_BYTES].hex(), columns)]
    else:
        lines.append(Content.styled(letter.problem or "no value (a tombstone)", "$dim"))
    if letter.headers:
        lines += [Content(""), Content.styled("headers", "$dim")]
        width = min(24, max(len(name) for name, _ in letter.headers))
        lines += [Content.assemble((f"{name:<{width}}  ", "$info"), value) for name, value in letter.headers]
    return lines


def failure_lines(letter: DeadLetter) -> list[Content]:
    """How it stands, the error, who gave up when, what replays did, the stack."""
    body, sign = letter.letter, sign_of(letter.status)
    said = Content.assemble((f"{sign.mark} {sign.word}", f"bold {sign.tone}"), (f"  {letter.note or ''}", "$dim"))
    error = body.get("errorType") or "error"
    lines = [
        said,
        Content(""),
        Content.assemble((letter.failureCategory, "bold $bad"), ("  ", ""), (str(error).rpartition(".")[2], "$bad")),
        Content(str(body.get("errorMessage") or "")),
        Content(""),
        _named("group", str(body.get("consumerGroupId") or "–")),
        _named("gave up", str(body.get("dlqTimestamp", "–"))),
        _named("retries", _retries(body)),
        _named("id", letter.id),
    ]
    if letter.problem:
        lines.append(_named("", Content.styled(f"▲ cannot be replayed as it is: {letter.problem}", "$warn")))
    lines += [Content(""), Content.styled("replays", "$dim"), *_history(letter.history)]
    stack = str(body.get("stackTrace") or "").rstrip()
    if stack:
        lines += [Content(""), Content.styled("stack", "$dim"), *_stack(stack)]
    return lines


def _named(name: str, value: Content | str) -> Content:
    return Content.assemble((f"{name:<{NAME_CHARS}}", "$dim"), value)


def _retries(body: Mapping[str, Any]) -> str:
    count = body.get("retryCount") or 0
    last = body.get("lastRetryTimestamp")
    return f"{count}, the last {last}" if count and last else str(count)


def _history(history: Sequence[Mapping[str, Any]]) -> Iterator[Content]:
    if not history:
        yield Content.assemble(("none yet; ", "$dim"), ("r", "$info"), (" replays it, ", "$dim"), ("e", "$info"),
                               (" corrects it first", "$dim"))  # fmt: skip
    for place, each in enumerate(history, 1):
        to = f"{each.get('topic')}-{each.get('partition')}@{each.get('offset')}" if each.get("topic") else ""
        tone = "$bad" if each.get("error") else "$good" if each.get("state") == "sent" else "$dim"
        yield Content.assemble(
            (f"{place:>2}  ", "$dim"), (f"{each.get('state'):<8}", tone), to, (f"  {each.get('error') or ''}", "$bad")
        )


def _stack(text: str) -> Iterator[Content]:
    for line in text.splitlines():
        quiet = line.startswith("    ") or line.lstrip().startswith(("File ", "at "))
        yield Content.styled(line, "$dim" if quiet else "")
