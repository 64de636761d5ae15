"""Differences of JSON schemas in words: the place as people name it, what breaks there, and the way out."""

from __future__ import annotations

from typing import Any

from sandbox.registry.formats import Explanation
from sandbox.registry.json_schema.coverage import Difference
from sandbox.registry.json_schema.places import place_of, title

__all__ = ["explain"]

LOOSEN = "take what was taken before"
_WORDS = {
    "SCHEMA_REMOVED": ("{reader} takes nothing here any more", "keep the schema"),
    "TYPE_CHANGED": (
        "{reader} takes another type than {writer} allows", 'keep the type, or list both: "type": [old, new]',
    ),
    "TYPE_NARROWED": ("{reader} takes fewer types or values than {writer} allows", "keep all types, or list them"),
    "ENUM_ARRAY_NARROWED": ("{reader} misses values that {writer} lists", "keep the values in the enum"),
    "ENUM_ARRAY_ADDED": ("{reader} lists the only values, {writer} allows more", "leave the enum out"),
    "SUM_TYPE_NARROWED": ("{reader} has no alternative for one that {writer} has", "keep the alternative"),
    "REQUIRED_ATTRIBUTE_ADDED": (
        "{reader} requires the property, {writer} allows to leave it out",
        "leave it out of `required`, or give it a default",
    ),
    "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL": (
        "{reader} restricts the property, under which {writer} allows anything",
        'say "additionalProperties": false from the first version on, or do not restrict the property',
    ),
    "PROPERTY_ADDED_TO_PARTIALLY_OPEN_CONTENT_MODEL": (
        "{reader} restricts the property more than {writer} restricts what it does not name",
        "take what `additionalProperties` or `patternProperties` took",
    ),
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL": (
        "{reader} has not the property and takes no others, {writer} has it", "keep the property, or allow others",
    ),
    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": (
        "{reader} has not the property, and what it takes instead is less than {writer} allows", "keep the property",
    ),
    "ADDITIONAL_PROPERTIES_REMOVED": ("{reader} takes no other properties, {writer} allows them", "allow them"),
    "ADDITIONAL_PROPERTIES_NARROWED": ("{reader} takes less in other properties than {writer} allows", LOOSEN),
    "PATTERN_PROPERTY_ADDED": ("{reader} restricts names that {writer} leaves free", "leave the pattern out"),
    "PATTERN_PROPERTY_REMOVED": ("{reader} has not the pattern that {writer} has", "keep the pattern"),
    "UNIQUE_ITEMS_ADDED": ("{reader} wants every item once, {writer} allows repetition", "leave uniqueItems out"),
    "PATTERN_ADDED": ("{reader} wants a pattern, {writer} does not", "leave the pattern out"),
    "PATTERN_CHANGED": ("{reader} wants another pattern than {writer}", "keep the pattern"),
    "MULTIPLE_OF_ADDED": ("{reader} wants multiples, {writer} does not", "leave multipleOf out"),
    "MULTIPLE_OF_CHANGED": ("{reader} wants other multiples than {writer}", "keep multipleOf, or a divisor of it"),
}  # fmt: skip
"""By kind: what breaks, and what a newer schema can do about it."""
_ENDINGS = {
    "_ADDED": ("{reader} sets a limit where {writer} has none", "leave the limit out"),
    "_INCREASED": ("{reader} wants more than {writer}", "keep the lower limit, or a smaller one"),
    "_DECREASED": ("{reader} allows less than {writer}", "keep the upper limit, or a greater one"),
}
FIRST = "let all consumers have a version first that takes both, then write the new form"


def explain(found: Difference, root: Any, *, reader_is_new: bool) -> Explanation:
    """`root` is the reader's schema."""
    ending = next((each for end, each in _ENDINGS.items() if found.kind.endswith(end)), None)
    what, remedy = _WORDS.get(found.kind) or ending or (found.kind.lower().replace("_", " "), LOOSEN)
    sides = ("the new schema", "the old schema") if reader_is_new else ("the old schema", "the new schema")
    what = what.format(reader=sides[0], writer=sides[1])
    return Explanation(f"{title(root)}{place_of(found.path)}", what, remedy if reader_is_new else FIRST)
