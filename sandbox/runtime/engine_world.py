"""The engine as scenarios see it. Loaded by the first run, since it brings the scenarios and Kafka's clients."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.config.folders import StateFolder
from sandbox.runtime.abilities import lack
from sandbox.runtime.scenario_controls import ScenarioControls
from sandbox.runtime.scenario_world import ScenarioWorld
from sandbox.services.settings import HttpSettings

if TYPE_CHECKING:
    from sandbox.runtime.engine import Engine

__all__ = ["engine_world"]


def engine_world(engine: Engine) -> ScenarioWorld:
    """What one run may use: the endpoints that there are, Kafka's clients, the journal, and the engine's switches."""
    plan = engine.plan
    urls = {name: plan.local_url(name) for name in ("capsule", "odyssey", "plato")}
    urls["registry"] = plan.local_url("schema-registry")
    return ScenarioWorld(
        engine.own_kafka.clients,
        engine.journal,
        engine.clock,
        {name: url for name, url in urls.items() if url},
        breakers=engine.breakers,
        ledger=engine.ledger,
        groups=engine.consumer_groups,
        resets=engine.resets,
        set_speed=engine.set_speed,
        faults=engine.faults,
        outgoing=engine.outgoing,
        controls=ScenarioControls(engine),
        lacks=partial(lack, plan=plan),
        log_folder=StateFolder(Path(plan.state_dir)).logs,
        profile=plan.profile,
        http=HttpSettings(auth=plan.auth, secret=engine.token),
    )
