from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from sandbox.errors import UsageError
from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.condition import ConditionField
from sandbox.scenarios.model.strict import Name, Strict, TemplateField
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import Part, Step
from sandbox.scenarios.template.tree import Template, shown

if TYPE_CHECKING:
    from sandbox.scenarios.model.any_step import AnyStep

PASSES_LIMIT = 100_000
LISTED = 10_000


class Repetition(Strict):
    """How often steps are repeated: one of `times`, `each` and `until`."""

    times: int | None = Field(default=None, ge=1, le=PASSES_LIMIT)
    """This often."""
    each: TemplateField | None = None
    """Once for each item of this list."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which the steps know the item."""
    until: ConditionField | None = None
    """Until this holds after a pass: a condition as in `when`."""
    within_s: Duration = Field(default=10.0, alias="within")
    """Fail when `until` does not hold by then; 10s when left out."""
    pause_s: Duration = Field(default=0.0, alias="pause")
    """Time between one pass and the next."""

    @classmethod
    def describe_kind(cls) -> str:
        return "`repeat`"

    @model_validator(mode="after")
    def _one_way(self) -> Repetition:
        given = [name for name in ("times", "each", "until") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise BadValue(f"expected one of times, each and until, found {found}", hint="for example {times: 3}")
        if (self.each is None) != (self.name is None):
            raise BadValue("`each` and `as` go together", hint="for example {each: [a, b], as: node}")
        return self

    def describe(self, names: dict[str, Any] | None) -> str:
        if self.times is not None:
            return f"{self.times} times"
        if self.each is not None:
            return f"for each {self.name} of {shown(self.each, names)}"
        assert self.until is not None
        return f"until {self.until.describe(names)}"


def _read(value: Any) -> Any:
    return {"times": value} if isinstance(value, int) and not isinstance(value, bool) else value


RepetitionField = Annotated[Repetition, BeforeValidator(_read, json_schema_input_type=int | Repetition)]


class RepeatStep(Step):
    """Steps again and again: so many times, for each of a list, or until something holds.

    The steps know `round`, which counts the passes from 1.
    """

    verb = "repeat"
    step_keys = ("do",)
    repetition: Annotated[Repetition, BeforeValidator(_read, json_schema_input_type=int | Repetition)] = Field(
        alias="repeat"
    )
    """A number, `{each: [a, b], as: node}` or `{until: CONDITION, within: 10s}`; `pause: 1s` between passes."""
    steps: tuple[AnyStep, ...] = Field(alias="do", min_length=1)
    """The steps."""

    @property
    def limit_s(self) -> float | None:
        return self.repetition.within_s if self.repetition.until is not None else None

    def title(self, names: dict[str, Any] | None = None) -> str:
        return f"repeat {self.repetition.describe(names)}"

    def templates(self) -> Iterator[Template]:
        if self.repetition.each is not None:
            yield from self.repetition.each.walk()

    def templates_after(self) -> Iterator[Template]:
        if self.repetition.until is not None:
            yield from self.repetition.until.used

    def parts(self) -> tuple[Part, ...]:
        names = {"round", *((self.repetition.name,) if self.repetition.name else ())}
        return (Part("do", self.steps, frozenset(names)),)

    async def run(self, turn: Turn) -> str:
        repetition = self.repetition
        done = 0
        for done, names in enumerate(self._passes(turn), 1):
            if done > 1 and repetition.pause_s:
                await turn.world.clock.sleep(repetition.pause_s)
            await turn.play(self.steps, f"do#{done}", names={**names, "round": done}, of=f"#{done}")
            if repetition.until is not None:
                unmet = repetition.until.unmet(turn.names_now)
                if unmet is None:
                    break
                if turn.took_s >= repetition.within_s:
                    raise self._never(unmet, done, turn)
        return f"{done} time{'' if done == 1 else 's'}"

    def _passes(self, turn: Turn) -> Iterable[dict[str, Any]]:
        """The names of each pass."""
        repetition = self.repetition
        if repetition.each is None:
            return ({} for _ in range(repetition.times or PASSES_LIMIT))
        items = repetition.each.render(turn.names)
        if not isinstance(items, list) or len(items) > LISTED:
            where = self.at_path("repeat", "each")
            raise UsageError(f"expected a list of at most {LISTED:,} items, found {show(items)}", where=where)
        assert repetition.name is not None
        return ({repetition.name: item} for item in items)

    def _never(self, unmet: str, done: int, turn: Turn) -> ExpectationFailed:
        assert self.repetition.until is not None
        actual = f"{unmet} after {done} passes in {format_duration(round(turn.took_s, 1))}"
        return ExpectationFailed(Failure(self.repetition.until.describe(dict(turn.names)), actual))
