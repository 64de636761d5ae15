"""Bodies of requests. Members that the registry does not know are ignored, as Confluent's does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.registry import refusal
from sandbox.registry.definition import AVRO, RULES, Definition, Reference

__all__ = ["ConfigBody", "ModeBody", "ReferenceBody", "SchemaBody", "TagsBody", "read_body", "tags_by_entity"]

SCHEMA_LIMIT_BYTES = 1_048_576
"""Larger texts are refused before they are read: no Kafka of default settings would take them."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class ReferenceBody(_Body):
    """One entry of `references`."""

    name: str
    """The name that the schema's text uses."""
    subject: str
    """Subject of the schema referred to."""
    version: int = Field(ge=-1, le=refusal.MAX_ID)
    """Its version; -1 for the latest."""


class EntityBody(_Body):
    """What a tag is put on."""

    path: str = Field(alias="entityPath")
    """`full.name.Record` or `full.name.Record.field`."""
    type: str | None = Field(default=None, alias="entityType")
    """sr_record or sr_field; the path says it too."""


class EntityTagsBody(_Body):
    """Tags for one entity."""

    entity: EntityBody = Field(alias="schemaEntity")
    """The record or field."""
    tags: list[str]
    """Tag names."""


class MetadataBody(_Body):
    """What is known of a schema beside its text."""

    tags: dict[str, list[str]] | None = None
    """Tags by path in the schema."""
    properties: dict[str, str] | None = None
    """Free properties; `compatibilityGroup` and look-ups by metadata go by them."""
    sensitive: list[str] | None = None
    """Names of properties that are secret."""


class SchemaBody(_Body):
    """A schema to register, look up or check."""

    text: str | None = Field(default=None, alias="schema")
    """The schema as text."""
    type: str | None = Field(default=None, alias="schemaType")
    """AVRO (if absent), JSON or PROTOBUF."""
    references: list[ReferenceBody] | None = None
    """Schemas that the text builds on."""
    id: int | None = Field(default=None, ge=-1, le=refusal.MAX_ID)
    """Id to register under, in mode IMPORT."""
    version: int | None = Field(default=None, ge=-1, le=refusal.MAX_ID)
    """Version to register as: in mode IMPORT any, else only the next one."""
    metadata: MetadataBody | None = None
    """Tags, properties and sensitive names: kept and returned."""
    rule_set: dict[str, Any] | None = Field(default=None, alias="ruleSet")
    """Rules of a data contract: kept and returned."""
    tags_to_add: list[EntityTagsBody] | None = Field(default=None, alias="schemaTagsToAdd")
    """Tags to put on records and fields before registering."""
    tags_to_remove: list[EntityTagsBody] | None = Field(default=None, alias="schemaTagsToRemove")
    """Tags to take off."""

    def definition(self) -> Definition:
        """Raises Refusal 42209 for a text beyond any limit, 42210 for rules of the wrong form."""
        text = self.text or ""
        if len(text) > SCHEMA_LIMIT_BYTES:
            raise refusal.too_large(len(text), SCHEMA_LIMIT_BYTES)
        references = tuple(Reference(each.name, each.subject, each.version) for each in self.references or ())
        _check_rules(self.rule_set)
        return Definition((self.type or AVRO).upper(), text, references, _members(self.metadata), self.rule_set or None)


class TagsBody(_Body):
    """POST `/subjects/{subject}/versions/{version}/tags`: the version with other tags, as the next version."""

    new_version: int | None = Field(default=None, alias="newVersion", ge=1, le=refusal.MAX_ID)
    """Number that the new version must get."""
    add: list[EntityTagsBody] = Field(default_factory=list, alias="tagsToAdd")
    """Tags to put on."""
    remove: list[EntityTagsBody] = Field(default_factory=list, alias="tagsToRemove")
    """Tags to take off."""
    metadata: MetadataBody | None = None
    """Replaces the version's metadata."""
    rule_set: dict[str, Any] | None = Field(default=None, alias="ruleSet")
    """Replaces the version's rules."""

    def metadata_members(self) -> dict[str, Any] | None:
        return _members(self.metadata)


def tags_by_entity(entries: Sequence[EntityTagsBody] | None) -> dict[str, list[str]]:
    return {each.entity.path: each.tags for each in entries or ()}


class ConfigBody(_Body):
    """Settings of PUT `/config`; absent members stay as they are."""

    compatibility: str | None = None
    """One of the seven levels, in any case."""
    alias: str | None = None
    """Subject that this one stands for."""
    normalize: bool | None = None
    """Whether schemas are normalised before they are compared and stored."""
    validate_fields: bool | None = Field(default=None, alias="validateFields")
    """Kept and returned."""
    validate_rules: bool | None = Field(default=None, alias="validateRules")
    """Kept and returned."""
    compatibility_group: str | None = Field(default=None, alias="compatibilityGroup")
    """Metadata property whose value splits a subject into groups that are compatible in themselves."""
    default_metadata: dict[str, Any] | None = Field(default=None, alias="defaultMetadata")
    """Kept and returned."""
    override_metadata: dict[str, Any] | None = Field(default=None, alias="overrideMetadata")
    """Kept and returned."""
    default_rule_set: dict[str, Any] | None = Field(default=None, alias="defaultRuleSet")
    """Kept and returned."""
    override_rule_set: dict[str, Any] | None = Field(default=None, alias="overrideRuleSet")
    """Kept and returned."""

    def members(self) -> dict[str, Any]:
        """The given settings by the names that storage and GET use."""
        given = self.model_dump(by_alias=True, exclude_none=True)
        if "compatibility" in given:
            given = {"compatibilityLevel": given.pop("compatibility").upper(), **given}
        return given

    def echo(self) -> dict[str, Any]:
        """What PUT answers."""
        given = self.members()
        level = given.pop("compatibilityLevel", None)
        return {"compatibility": level, **given} if level is not None else given


class ModeBody(_Body):
    """PUT `/mode`."""

    mode: str | None = None
    """READWRITE, READONLY, READONLY_OVERRIDE, IMPORT or FORWARD, in any case."""


Body = TypeVar("Body", bound=_Body)


async def read_body(request: web.Request, model: type[Body]) -> Body:
    """The request's body. Raises Refusal 400 for what is no JSON object of the right form, 42209 for a huge one."""
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise refusal.Refusal(42209, f"Schema is too large: {error.text}") from None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise refusal.bad_request(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise refusal.bad_request("The body is not a JSON object")
    if b"\\u" in data:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise refusal.bad_request("The body holds half a surrogate pair") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise refusal.bad_request(f"{place}: {first['msg']}") from None


def _members(metadata: MetadataBody | None) -> dict[str, Any] | None:
    return (metadata.model_dump(exclude_none=True) or None) if metadata is not None else None


def _check_rules(rule_set: dict[str, Any] | None) -> None:
    for member in RULES:
        rules = (rule_set or {}).get(member) or []
        if not isinstance(rules, list) or not all(isinstance(rule, dict) and rule.get("name") for rule in rules):
            raise refusal.invalid_rule_set(f"Invalid rule set: {member} must be a list of rules with names")
