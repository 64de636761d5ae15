"""The registry back to what the contracts put into it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.kafka.registry_client import RegistryClient, RegistryRefused, SchemaUnknown
from sandbox.kafka.serializer import register_contracts

__all__ = ["RegistryCleaner"]

REFERENCED = 42206
"""Confluent's error code: another schema refers to this one, which therefore goes first."""


class RegistryCleaner:
    """Uses a client that remembers nothing. All methods raise RegistryRefused and UpstreamUnavailable."""

    def __init__(self, registry: RegistryClient, contracts: Contracts, names: Names) -> None:
        self._registry = registry
        self._contracts = contracts
        self._names = names

    async def clean(self) -> list[str]:
        """Subjects that were deleted or set back, sorted. Ids of the contracts' schemas stay where they are known."""
        await self._open_up()
        subjects = [each for each in await self._registry.ask("GET", "/subjects?deleted=true") if self._is_ours(each)]
        levels = await asyncio.gather(*(self._forget_level(subject) for subject in subjects))
        wanted = await self._wanted()
        found = await asyncio.gather(*(self._versions(subject, wanted) for subject in subjects))
        doomed = {subject: versions for subject, versions in zip(subjects, found, strict=True) if versions}
        await self._delete(doomed, wanted)
        await register_contracts(self._registry, self._contracts, self._names)
        return sorted({*doomed, *(each for each, was_set in zip(subjects, levels, strict=True) if was_set)})

    def _is_ours(self, subject: str) -> bool:
        return subject.startswith(self._names.prefix)

    async def _open_up(self) -> None:
        """What holds for all subjects, as a fresh registry has it."""
        if (await self._registry.ask("GET", "/mode"))["mode"] != "READWRITE":
            await self._registry.ask("PUT", "/mode?force=true", {"mode": "READWRITE"})
        if (await self._registry.ask("GET", "/config")) != {"compatibilityLevel": "BACKWARD"}:
            await self._registry.ask("DELETE", "/config")

    async def _wanted(self) -> dict[str, int]:
        """Subject → the version that is the contract's schema, where it is there."""
        wanted: dict[str, int] = {}
        for topic, schema in self._contracts.avro_topics():
            subject = self._names.value_subject(topic.name)
            with contextlib.suppress(SchemaUnknown):
                schema_id = await self._registry.lookup(subject, schema)
                versions = await self._registry.ask("GET", f"/schemas/ids/{schema_id}/versions")
                wanted[subject] = next(each["version"] for each in versions if each["subject"] == subject)
        return wanted

    async def _forget_level(self, subject: str) -> bool:
        """Forget what a subject was set to; whether it was."""
        was_set = False
        for kind in ("config", "mode"):
            try:
                await self._registry.ask("GET", f"/{kind}/{_quoted(subject)}")
            except SchemaUnknown:
                continue
            await self._registry.ask("DELETE", f"/{kind}/{_quoted(subject)}")
            was_set = True
        return was_set

    async def _versions(self, subject: str, wanted: Mapping[str, int]) -> list[int]:
        """The versions of a subject that are too many, newest first."""
        found = await self._registry.ask("GET", f"/subjects/{_quoted(subject)}/versions?deleted=true")
        return sorted((each for each in found if each != wanted.get(subject)), reverse=True)

    async def _delete(self, doomed: Mapping[str, Iterable[int]], wanted: Mapping[str, int]) -> None:
        """Again while something is left that others still refer to. Raises RegistryRefused when nothing moves."""
        left = dict(doomed)
        while left:
            refused: dict[str, RegistryRefused] = {}
            for subject, versions in left.items():
                try:
                    await self._delete_one(subject, versions, whole=subject not in wanted)
                except RegistryRefused as error:
                    if error.code != REFERENCED:
                        raise
                    refused[subject] = error
            if len(refused) == len(left):
                raise next(iter(refused.values()))
            left = {subject: left[subject] for subject in refused}

    async def _delete_one(self, subject: str, versions: Iterable[int], *, whole: bool) -> None:
        path = f"/subjects/{_quoted(subject)}"
        for each in [path] if whole else [f"{path}/versions/{version}" for version in versions]:
            await self._quietly("DELETE", each)
            await self._quietly("DELETE", f"{each}?permanent=true")

    async def _quietly(self, method: str, path: str) -> None:
        """A soft deletion that was done before is as good."""
        with contextlib.suppress(SchemaUnknown):
            await self._registry.ask(method, path)


def _quoted(subject: str) -> str:
    return quote(subject, safe="")
