"""The world that ODYSSEY knows before any event, so that a first call finds something. Data, nothing else."""

from __future__ import annotations

from sandbox.services.odyssey.actor import PROFILE_PARAMETERS, Actor, Strategy
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.path import NarrativePath
from sandbox.services.odyssey.world import World

__all__ = ["REFLEX_STRATEGY", "plant"]

REFLEX_STRATEGY = "strategy_reflex"
"""Its weight scales the weight of the paths that the reflex moves."""

# (entity id, stress, price)
_ENTITIES = (
    ("rim:entity:finance:EURUSD", 0.32, 1.0842),
    ("rim:entity:finance:GBPUSD", 0.21, 1.2671),
    ("rim:entity:energy:BRENT", 0.55, 78.4),
)

# (actor id, name, type, risk tolerance, time horizon, predictability, coordination, entities)
_ACTORS = (
    ("rim:actor:regulator:SEC", "SEC", "REGULATOR", 0.2, 0.7, 0.8, 0.6, ("rim:entity:finance:EURUSD",)),
    (
        "rim:actor:regulator:ECB", "ECB", "REGULATOR", 0.3, 0.9, 0.7, 0.8,
        ("rim:entity:finance:EURUSD", "rim:entity:finance:GBPUSD"),
    ),
    ("rim:actor:alliance:OPEC", "OPEC", "ALLIANCE", 0.6, 0.8, 0.4, 0.7, ("rim:entity:energy:BRENT",)),
)  # fmt: skip

_STRATEGIES = (
    (REFLEX_STRATEGY, "Act on stress", 1.0),
    ("strategy_hedge", "Hedge", 0.6),
    ("strategy_wait", "Wait", 0.2),
)


def plant(world: World, tenant: str, now_ms: int) -> None:
    """Give a tenant its first world, once."""
    if world.strategy(tenant, REFLEX_STRATEGY) is not None:
        return
    with world.database.transaction():
        for entity_id, stress, price in _ENTITIES:
            entity = Entity(
                tenant=tenant, entity_id=entity_id, status="OK", stress=stress, fragility=stress / 2,
                attributes={"price": price},
            )  # fmt: skip
            path = NarrativePath.open(entity, "MEDIUM_TERM")
            world.save_entity(entity.with_path(path.path_id))
            world.save_path(path)
        for actor_id, name, actor_type, *profile, scope_ids in _ACTORS:
            objective = {"objectiveId": f"{name}_1", "key": "stability", "targetDirection": "UP", "priority": 1}
            world.save_actor(
                Actor(
                    tenant=tenant, actor_id=actor_id, name=name, actor_type=actor_type, objectives=[objective],
                    profile=dict(zip(PROFILE_PARAMETERS, profile, strict=True)), scope_ids=list(scope_ids),
                )
            )  # fmt: skip
        for strategy_id, name, weight in _STRATEGIES:
            world.save_strategy(
                Strategy(tenant=tenant, strategy_id=strategy_id, name=name, weight=weight, updated_at_ms=now_ms)
            )
