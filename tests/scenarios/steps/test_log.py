"""Log lines of a component, by level, text, members and id."""

from typing import Any

from sandbox.scenarios.ports import LogLine


def line(component: str, level: str, message: str, **fields: Any) -> LogLine:
    return LogLine(component, {"level": level, "message": message, **fields})


def story(options: str, component: str = "capsule") -> str:
    return f"scenario: s\nsteps:\n  - log: {component}\n    {options}\n"


async def test_lines_of_the_component_are_waited_for(world: Any, play: Any) -> None:
    def late() -> None:
        world.log += [line("plato", "WARN", "fallback"), line("capsule", "WARN", "using a fallback", status=503)]

    options = "level: {in: [WARN, ERROR]}\n    message: {contains: fallback}\n    where: {$.status: {gte: 500}}"
    result = await play(story(f"{options}\n    capture: {{said: message}}") + '  - say: "{{ said }}"\n', at={2.0: late})
    assert (result.outcome, result.steps[1].title) == ("passed", "using a fallback")
    assert result.steps[0].detail == "1 line, the first: WARN capsule: using a fallback"


async def test_only_lines_under_an_id_count(world: Any, play: Any) -> None:
    def late() -> None:
        world.log += [line("plato", "INFO", "a", requestId="r1"), line("capsule", "INFO", "b", requestId="r2")]

    result = await play(story("under: r1\n    count: 1\n    within: 3s", "any"), at={1.0: late})
    assert result.steps[0].detail == "1 line, the first: INFO plato: a"


async def test_none_within_a_time_is_watched_to_the_end_and_fails_at_the_first(world: Any, play: Any) -> None:
    result = await play(story("level: ERROR\n    count: 0\n    within: 3s"))
    assert (result.steps[0].detail, result.took_ms >= 3000) == ("none, as expected", True)
    late = {1.0: lambda: world.log.append(line("capsule", "ERROR", "broke"))}
    result = await play(story("level: ERROR\n    count: 0\n    within: 30s"), at=late)
    assert result.took_ms < 2000
    assert [row.strip() for row in result.steps[0].failure.lines()][2] == "lines     ERROR capsule: broke"


async def test_a_failure_shows_the_last_lines(world: Any, play: Any) -> None:
    late = {1.0: lambda: world.log.append(line("capsule", "INFO", "all is well"))}
    result = await play(story("level: ERROR\n    within: 3s"), at=late)
    assert result.steps[0].failure.lines() == [
        "expected  ≥ 1 line(s) of capsule with level ERROR",
        "actual    0 of 1 lines fit in 3s",
        "lines     INFO capsule: all is well",
    ]
