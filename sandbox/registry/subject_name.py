"""Subjects and contexts: `:.ctx:name` is `name` in the context `.ctx`; a plain name is in the default one, `.`."""

from __future__ import annotations

from sandbox.registry import refusal

__all__ = [
    "DEFAULT_CONTEXT",
    "context_of",
    "is_context",
    "matches_prefix",
    "normalised",
    "plain_name",
    "qualified",
    "validated",
]

DEFAULT_CONTEXT = "."
ANY_CONTEXT = ":*:"
_RESERVED = frozenset({"__GLOBAL", "__EMPTY"})


def _split(subject: str) -> tuple[str, str]:
    if not subject.startswith(":."):
        return DEFAULT_CONTEXT, subject
    context, _, name = subject[1:].partition(":")
    return context, name


def context_of(subject: str) -> str:
    return _split(subject)[0]


def is_context(subject: str) -> bool:
    """Whether the name stands for a whole context: `:.ctx:`."""
    return subject.startswith(":.") and not plain_name(subject)


def plain_name(subject: str) -> str:
    """The subject without its context."""
    return _split(subject)[1]


def qualified(context: str, name: str) -> str:
    return name if context == DEFAULT_CONTEXT else f":{context}:{name}"


def normalised(subject: str) -> str:
    """One spelling for each subject: `:.:name` is `name`, `:.ctx` is `:.ctx:`."""
    return qualified(*_split(subject))


def validated(subject: str) -> str:
    """The subject in its one spelling. Raises Refusal 42208 for control characters and reserved or empty names."""
    subject = normalised(subject)
    if not plain_name(subject) or plain_name(subject) in _RESERVED or not _is_printable(subject):
        raise refusal.invalid_subject(subject)
    return subject


def _is_printable(subject: str) -> bool:
    return not any(each < " " or "\x7f" <= each <= "\x9f" for each in subject)


def matches_prefix(subject: str, prefix: str) -> bool:
    """Whether `subjectPrefix` selects the subject: `:*:a` in every context, `:.ctx:a` in one, `a` in the default."""
    if prefix.startswith(ANY_CONTEXT):
        return plain_name(subject).startswith(prefix[len(ANY_CONTEXT) :])
    return context_of(subject) == context_of(prefix) and plain_name(subject).startswith(plain_name(prefix))
