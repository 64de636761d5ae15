from __future__ import annotations


async def test_the_overview_is_one_typed_answer(control, engine) -> None:
    found = await control.overview()
    assert found.journal == engine.journal.identity
    assert found.status.name == "demo"
    assert (found.topics[0].records, found.topics[0].produced, found.topics[0].lag) == (3, 4, {})
    assert found.requests["capsule"].p95_ms == 4.5
    assert found.breakers["odyssey/capsule"].state == "CLOSED"


async def test_the_overview_says_that_kafka_does_not_answer_and_tells_the_rest(control, engine) -> None:
    engine.kafka_away = True
    found = await control.overview()
    assert found.topics is None and found.status.ready
