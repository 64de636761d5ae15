"""Runs a scenario: the steady state, the steps, the steady state again, and `finally` whatever happened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from sandbox.clock import NANOS
from sandbox.contracts.ids import new_id
from sandbox.errors import SandboxError, UnknownName
from sandbox.events.facts import BreakerTransitioned, ScenarioFinished, ScenarioStarted
from sandbox.scenarios.assertions.schema import AvroSchema
from sandbox.scenarios.gate import Gate
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.performer import Performer, Scope
from sandbox.scenarios.ports import Setting, World
from sandbox.scenarios.result import ScenarioResult, StepResult
from sandbox.scenarios.stage import Stage
from sandbox.scenarios.steps.breaker import BreakerStep
from sandbox.scenarios.steps.ledger import LedgerStep
from sandbox.scenarios.steps.log import LogStep
from sandbox.scenarios.steps.step import ENDPOINTS
from sandbox.scenarios.telling import Telling
from sandbox.scenarios.template.environment import allowed_in_templates
from sandbox.scenarios.template.functions import template_functions

__all__ = ["ScenarioRunner"]

FINALLY_LIMIT_S = 30.0
"""How long `finally` may take once the run was interrupted, in real time."""
SEED_BELOW = 1_000_000


class ScenarioRunner:
    """One run of one scenario in one world. `ids` makes the ids of run, requests and traces, new in every run.

    `left_out` are places in `steps` that are told as skipped; `given` takes the place of vars of the same name; `gate`
    holds the run before each step of its story.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        *,
        file: str,
        seed: int | None = None,
        run: str | None = None,
        ids: random.Random | None = None,
        left_out: Collection[int] = (),
        given: Mapping[str, Any] | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._world = world
        self._scenario = scenario
        self._file = file
        self._left_out = frozenset(left_out)
        self._gate = gate
        self._ids = ids or random.Random()
        chosen = seed if seed is not None else scenario.seed
        self.seed = chosen if chosen is not None else self._ids.randrange(SEED_BELOW)
        self.run_id = run or new_id("run-", self._ids)
        self.correlation_id = new_id("trace-", self._ids)
        self._telling = Telling(world, self.run_id, self.correlation_id)
        self._given = dict(given or {})
        self._stage: Stage | None = None

    @property
    def beside(self) -> dict[str, Mapping[str, Any]]:
        """What goes on in the background now, by name, and what it has come to: `sent`, `rate`, `failed`…"""
        return {} if self._stage is None else {each.name: each.work.result() for each in self._stage.backgrounds}

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """What has been done so far."""
        return tuple(self._telling.results)

    async def run(self) -> ScenarioResult:
        """The result, with the steps that failed. Cancelling runs `finally` and raises CancelledError."""
        scenario, clock = self._scenario, self._world.clock
        started_ms, started_ns = clock.now_ms(), clock.monotonic_ns()
        outcome = "failed"
        self._telling.record(
            ScenarioStarted,
            run=self.run_id,
            scenario=scenario.scenario,
            steps=_counted(scenario),
            seed=self.seed,
            purpose=scenario.purpose,
        )
        try:
            outcome = {True: "passed", False: "failed", None: "skipped"}[await self._play()]
        except asyncio.CancelledError:
            outcome = "interrupted"
            raise
        finally:
            took_ms = (clock.monotonic_ns() - started_ns) * 1000 / NANOS
            result = ScenarioResult(
                run=self.run_id,
                scenario=scenario.scenario,
                file=self._file,
                outcome=outcome,
                seed=self.seed,
                correlation_id=self.correlation_id,
                started_ms=started_ms,
                took_ms=took_ms,
                steps=self.steps,
            )
            self._telling.record(
                ScenarioFinished,
                run=self.run_id,
                scenario=scenario.scenario,
                outcome=outcome,
                took_ms=took_ms,
                exit_code=result.exit_code,
            )
        return result

    def _unmet_need(self) -> str | None:
        """Why this sandbox cannot run the scenario at all."""
        return next((reason for need in self._scenario.needs if (reason := self._world.lacks(need)) is not None), None)

    async def _play(self) -> bool | None:
        """Whether every step passed; None when the sandbox lacks what the scenario needs."""
        if (reason := self._unmet_need()) is not None:
            self._telling.left_out(reason, self._file)
            return None
        async with AsyncExitStack() as stack:
            try:
                stage = await self._set(stack)
            except SandboxError as error:
                self._telling.broken(error, self._file)
                return False
            return await self._perform(stage)

    async def _set(self, stack: AsyncExitStack) -> Stage:
        """Everything that watches is in place before the first step, so that no record is missed."""
        scenario, world = self._scenario, self._world
        setting = Setting(profile=scenario.profile, speed=scenario.speed)
        await stack.enter_async_context(world.setting(setting))
        calls = await stack.enter_async_context(world.calls())
        names = self._given_names()
        about: Any = {"run": self.run_id, "correlation_id": self.correlation_id, "seed": self.seed}
        stage = self._stage = Stage(world, calls, names=names, ids=self._ids, **about)
        if topics := tuple(dict.fromkeys(topic for step in scenario.all_steps() for topic in step.topics())):
            await stack.enter_async_context(self._watch_records(stage, topics))
        if any(isinstance(step, BreakerStep) for step in scenario.all_steps()):
            await stack.enter_async_context(self._watch_breakers(stage))
        if any(isinstance(step, LedgerStep) for step in scenario.all_steps()):
            stage.ledger_start = await world.ledger()
        if any(isinstance(step, LogStep) for step in scenario.all_steps()) and world.lacks("logs") is None:
            stage.logs = await world.logs()
        stack.push_async_callback(self._heal, stage)
        stack.callback(stage.backgrounds.abandon)
        return stage

    def _given_names(self) -> dict[str, Any]:
        """Endpoints, the run, and the header's vars in their order. Raises InvalidFile."""
        endpoints = {name: (self._world.endpoints.get(name) or "").rstrip("/") for name in ENDPOINTS}
        run = {"id": self.run_id, "correlation_id": self.correlation_id, "seed": self.seed}
        names: dict[str, Any] = {**endpoints, "run": run, "avro_schema": self._avro_schema}
        functions = template_functions(self._rng("vars"), self._ids, self._world.clock)
        for name, template in self._scenario.vars.items():
            names[name] = self._given[name] if name in self._given else template.render({**functions, **names})
        return names

    @allowed_in_templates
    def _avro_schema(self, topic: str) -> AvroSchema:
        """What the predicate `schema: TOPIC` compares with. Raises BadValue."""
        contracts = self._world.contracts
        schema = contracts.schema_of(topic)
        if schema is None:
            close = nearest(topic, (each.name for each, _ in contracts.avro_topics()))
            hint = f"did you mean {close!r}?" if close else None
            raise BadValue(f"the contracts have no Avro schema for {topic!r}", hint=hint)
        return AvroSchema(topic, schema)

    @asynccontextmanager
    async def _watch_records(self, stage: Stage, topics: tuple[str, ...]) -> AsyncIterator[None]:
        async with self._world.tap(topics) as records:

            async def take() -> None:
                try:
                    async for seen in records:
                        stage.records.add(seen)
                except SandboxError as error:
                    stage.records.fail(error)

            async with _beside(take()):
                yield

    @asynccontextmanager
    async def _watch_breakers(self, stage: Stage) -> AsyncIterator[None]:
        async with self._world.facts_from_now((BreakerTransitioned,)) as facts:

            async def take() -> None:
                async for fact in facts:
                    if isinstance(fact, BreakerTransitioned):
                        stage.transitions.add(fact)

            async with _beside(take()):
                yield

    async def _perform(self, stage: Stage) -> bool:
        scenario = self._scenario
        performer = Performer(stage, self._telling, self.seed, self._gate)
        stage.moments.begun(None, run=True)
        passed = False
        try:
            passed = (
                await performer.each(scenario.steady, Scope("steady"))
                and await performer.each(scenario.steps, Scope("steps", left_out=self._left_out))
                and await self._settled(stage)
                and await performer.each(scenario.steady, Scope("steady again", again=True))
            )
        except BaseException:  # an interruption, or a mistake in a step's code: what has to be put right still is
            stage.backgrounds.abandon()
            with suppress(TimeoutError):
                async with asyncio.timeout(FINALLY_LIMIT_S):
                    await performer.each(scenario.finally_, Scope("finally"), go_on=True)
            raise
        if not passed:
            await self._settled(stage)
        return await performer.each(scenario.finally_, Scope("finally"), go_on=True) and passed

    async def _settled(self, stage: Stage) -> bool:
        """End what still runs in the background and remove the faults; whether all of it went well."""
        well = await self._heal(stage)
        for background in await stage.backgrounds.stop_all():
            if background.error is not None:
                well = False
                if isinstance(background.error, SandboxError):
                    self._telling.broken(background.error, background.where, background.title)
        return well

    async def _heal(self, stage: Stage) -> bool:
        """Remove the faults that this run has made and put back what it has changed; whether that could be done."""
        well = True
        while stage.faults:
            fault = stage.faults.pop()
            try:
                await self._world.remove_fault(fault)
            except UnknownName:
                continue  # somebody else removed it, or its process has ended
            except SandboxError as error:
                self._telling.broken(error, self._file, f"remove the fault {fault}")
                well = False
        for failed in await stage.undoing.run():
            self._telling.broken(*failed)
            well = False
        return well

    def _rng(self, part: str) -> random.Random:
        return random.Random(f"{self.seed}/{part}")


@asynccontextmanager
async def _beside(work: Any) -> AsyncIterator[None]:
    """Run `work` while in here."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


def _counted(scenario: Scenario) -> int:
    """How many steps of the file count: all but `say`, the steady state twice."""
    steps = (*scenario.steady, *scenario.steps, *scenario.steady, *scenario.finally_)
    return sum(1 for step in steps if step.verb != "say")
