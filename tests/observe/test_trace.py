from __future__ import annotations

from sandbox.observe.trace import under


async def test_a_timeline_has_one_story_in_the_order_in_which_it_happened(journal, served) -> None:
    journal.append(served(5, correlation_id="trace-1"))
    journal.append(served(1, correlation_id="trace-1"))
    journal.append(served(3, correlation_id="trace-2"))
    timeline = await under(journal, "trace-1")
    assert [fact["seq"] for fact in timeline.facts] == [2, 1]
    assert timeline.took_ms == 6, "the first one was served in 1.5 ms"
    assert not timeline.truncated


async def test_a_request_id_brings_the_rest_of_its_trace(journal, served) -> None:
    journal.append(served(1, request_id="req-1", trace_id="a" * 32))
    journal.append(served(2, trace_id="a" * 32))
    journal.append(served(3, request_id="req-3", trace_id="b" * 32))
    timeline = await under(journal, "req-1")
    assert [fact["seq"] for fact in timeline.facts] == [1, 2]
    assert timeline.trace_ids == ("a" * 32,)


async def test_an_id_nobody_has_gives_an_empty_timeline(journal, served) -> None:
    journal.append(served())
    timeline = await under(journal, "req-404")
    assert timeline.to_json() == {"id": "req-404", "trace_ids": [], "took_ms": 0, "truncated": False, "facts": []}


async def test_a_timeline_says_when_it_is_cut_short(journal, served) -> None:
    for n in range(10):
        journal.append(served(n, request_id="req-1"))
    timeline = await under(journal, "req-1", limit=4)
    assert len(timeline.facts) == 4 and timeline.truncated
    assert not (await under(journal, "req-1", limit=10)).truncated
