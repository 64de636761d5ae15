"""What ODYSSEY knows of the world, by tenant: entities, paths, actors, strategies, episodes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.services.database import Database
from sandbox.services.odyssey.actor import Actor, Episode, Strategy
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.path import NarrativePath

__all__ = ["Slice", "World"]


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list, in which order. `order_by` is a column that the caller has checked."""

    order_by: str
    offset: int = 0
    limit: int = 20
    descending: bool = True

    @property
    def sql(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f" ORDER BY {self.order_by} {direction}, rowid {direction} LIMIT {self.limit:d} OFFSET {self.offset:d}"


class World:
    def __init__(self, database: Database) -> None:
        self.database = database

    # Entities

    def entity(self, tenant: str, entity_id: str) -> Entity | None:
        row = self.database.one("SELECT body FROM entities WHERE tenant = ? AND entity_id = ?", tenant, entity_id)
        return Entity.from_document(json.loads(row["body"])) if row else None

    def entity_or_new(self, tenant: str, entity_id: str) -> Entity:
        return self.entity(tenant, entity_id) or Entity(tenant=tenant, entity_id=entity_id)

    def save_entity(self, entity: Entity) -> None:
        self.database.execute(
            "INSERT INTO entities VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, entity_id) DO UPDATE SET"
            " stress = excluded.stress, updated_at_ms = excluded.updated_at_ms, body = excluded.body",
            entity.tenant, entity.entity_id, entity.stress, entity.updated_at_ms, json.dumps(entity.to_document()),
        )  # fmt: skip

    def entities(self, tenant: str, part: Slice) -> tuple[list[Entity], int]:
        rows = self.database.all(f"SELECT body FROM entities WHERE tenant = ?{part.sql}", tenant)
        total = self.database.count("SELECT count(*) FROM entities WHERE tenant = ?", tenant)
        return [Entity.from_document(json.loads(row["body"])) for row in rows], total

    def aggregates(self, tenant: str) -> dict[str, Any]:
        row = self.database.one(
            "SELECT count(*) AS entities, avg(stress) AS average, max(stress) AS highest, sum(stress >= 0.8) AS alerts"
            " FROM entities WHERE tenant = ?",
            tenant,
        )  # fmt: skip
        if row is None or not row["entities"]:
            return {"entityCount": 0, "averageStress": 0.0, "maxStress": 0.0, "entitiesInAlert": 0}
        return {
            "entityCount": row["entities"],
            "averageStress": round(row["average"], 6),
            "maxStress": row["highest"],
            "entitiesInAlert": row["alerts"],
        }

    # Paths

    def path(self, tenant: str, path_id: str) -> NarrativePath | None:
        row = self.database.one("SELECT body FROM paths WHERE tenant = ? AND path_id = ?", tenant, path_id)
        return NarrativePath.from_document(json.loads(row["body"])) if row else None

    def save_path(self, path: NarrativePath) -> None:
        self.database.execute(
            "INSERT INTO paths VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, path_id) DO UPDATE SET"
            " weight = excluded.weight, updated_at_ms = excluded.updated_at_ms, body = excluded.body",
            path.tenant, path.path_id, path.entity_id, path.horizon, path.weight, path.updated_at_ms,
            json.dumps(path.to_document()),
        )  # fmt: skip

    def paths(
        self, tenant: str, part: Slice, scope_id: str | None = None, horizon: str | None = None
    ) -> tuple[list[NarrativePath], int]:
        where, values = "tenant = ?", [tenant]
        for column, value in (("entity_id", scope_id), ("horizon", horizon)):
            if value is not None:
                where, values = f"{where} AND {column} = ?", [*values, value]
        rows = self.database.all(f"SELECT body FROM paths WHERE {where}{part.sql}", *values)
        total = self.database.count(f"SELECT count(*) FROM paths WHERE {where}", *values)
        return [NarrativePath.from_document(json.loads(row["body"])) for row in rows], total

    # Actors and strategies

    def actor(self, tenant: str, actor_id: str) -> Actor | None:
        row = self.database.one("SELECT body FROM actors WHERE tenant = ? AND actor_id = ?", tenant, actor_id)
        return Actor.from_document(json.loads(row["body"])) if row else None

    def save_actor(self, actor: Actor) -> None:
        body = json.dumps(actor.to_document())
        self.database.execute("INSERT OR REPLACE INTO actors VALUES (?, ?, ?)", actor.tenant, actor.actor_id, body)

    def actors(self, tenant: str, scope_id: str | None = None) -> list[Actor]:
        rows = self.database.all("SELECT body FROM actors WHERE tenant = ? ORDER BY actor_id", tenant)
        found = [Actor.from_document(json.loads(row["body"])) for row in rows]
        return [actor for actor in found if scope_id is None or scope_id in actor.scope_ids]

    def strategy(self, tenant: str, strategy_id: str) -> Strategy | None:
        row = self.database.one("SELECT body FROM strategies WHERE tenant = ? AND strategy_id = ?", tenant, strategy_id)
        return Strategy(**json.loads(row["body"])) if row else None

    def save_strategy(self, strategy: Strategy) -> None:
        self.database.execute(
            "INSERT OR REPLACE INTO strategies VALUES (?, ?, ?)",
            strategy.tenant, strategy.strategy_id, json.dumps(asdict(strategy)),
        )  # fmt: skip

    # Episodes

    def save_episode(self, episode: Episode) -> None:
        self.database.execute(
            "INSERT OR REPLACE INTO episodes VALUES (?, ?, ?, ?, ?)",
            episode.tenant, episode.episode_id, episode.entity_id, episode.at_ms, json.dumps(asdict(episode)),
        )  # fmt: skip

    def episodes(self, tenant: str, part: Slice, scope_id: str | None = None) -> tuple[list[Episode], int]:
        where, values = "tenant = ?", [tenant]
        if scope_id is not None:
            where, values = f"{where} AND entity_id = ?", [tenant, scope_id]
        rows = self.database.all(f"SELECT body FROM episodes WHERE {where}{part.sql}", *values)
        total = self.database.count(f"SELECT count(*) FROM episodes WHERE {where}", *values)
        return [Episode(**json.loads(row["body"])) for row in rows], total
