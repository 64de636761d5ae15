from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.facts import FactsLost, WebSocketMessageSent, fact_from_json
from sandbox.observe.journal import Journal


def test_a_fact_has_its_sequence_number_before_anybody_sees_it(journal, served) -> None:
    seen = []
    journal.follow(lambda fact: seen.append((fact["seq"], journal.last)))
    assert [journal.append(served(n)) for n in range(3)] == [1, 2, 3]
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_facts_come_back_in_order_and_as_they_were(journal, served) -> None:
    facts = [served(n, correlation_id="trace-ä\u2028") for n in range(3)]
    for fact in facts:
        journal.record(fact)
    page = journal.read()
    assert [entry.fact() for entry in page.entries] == facts
    assert (page.next, page.gap, page.first, page.last) == (3, 0, 1, 3)


def test_the_journals_number_does_not_hide_a_facts_own_sequence(journal) -> None:
    journal.append(WebSocketMessageSent(at_ms=1, source="plato", path="/ws", client="c", type="PONG", sequence=77))
    (entry,) = journal.read().entries
    assert (entry.data["seq"], entry.data["sequence"]) == (1, 77)


def test_a_fact_cannot_bring_its_own_number(journal, served) -> None:
    journal.append_json({**served().to_json(), "seq": 99})
    assert journal.read().entries[0].data["seq"] == 1


def test_a_reader_gets_what_comes_after_its_number_and_at_most_its_limit(journal, served, seqs) -> None:
    for n in range(10):
        journal.append(served(n))
    assert seqs(journal, 4, limit=3) == [5, 6, 7]
    assert journal.read(4, limit=3).next == 7
    assert seqs(journal, 7) == [8, 9, 10]
    assert seqs(journal, 10) == []


def test_a_negative_number_counts_from_the_end(journal, served, seqs) -> None:
    assert seqs(journal, -5) == []
    for n in range(10):
        journal.append(served(n))
    assert seqs(journal, -3) == [8, 9, 10]
    assert journal.read(-50).gap == 0


def test_a_number_of_an_earlier_journal_begins_now(journal, served) -> None:
    journal.append(served())
    page = journal.read(500)
    assert (page.entries, page.next, page.gap) == ((), 1, 0)


def test_kinds_sources_and_ids_pick_facts_and_next_passes_over_the_others(journal, served, seqs) -> None:
    journal.append(served(source="capsule", request_id="req-1"))
    journal.append(served(source="odyssey", trace_id="a" * 32))
    journal.append(FactsLost(at_ms=1, source="capsule", count=1))
    assert seqs(journal, kinds={"FactsLost"}) == [3]
    assert seqs(journal, sources={"capsule"}) == [1, 3]
    assert seqs(journal, under="a" * 32) == [2]
    assert journal.read(kinds={"RecordProduced"}).next == 3


def test_an_id_is_found_only_where_it_is_an_id(journal, served, seqs) -> None:
    journal.append(served(request_id="req-1", client="req-2"))
    assert seqs(journal, under="req-2") == []


def test_one_read_looks_at_a_bounded_number_of_facts_and_says_how_far_it_came(journal, served) -> None:
    for n in range(10):
        journal.append(served(n))
    page = journal.read(kinds={"FactsLost"}, scan_limit=4)
    assert (page.entries, page.next, page.last) == ((), 4, 10)


def test_the_oldest_facts_go_when_the_bytes_are_used_up_and_readers_are_told(served, seqs) -> None:
    journal = Journal(limit_bytes=5_000)
    for n in range(100):
        journal.append(served(n))
        assert journal.kept_bytes <= 5_000
    page = journal.read(0, limit=1_000)
    assert page.first > 1 and page.gap == page.first - 1
    assert [entry.seq for entry in page.entries] == list(range(page.first, 101))
    assert journal.read(journal.first - 1).gap == 0
    assert journal.read(journal.first - 3).gap == 2


def test_one_fact_that_is_larger_than_the_limit_is_kept_alone(served, seqs) -> None:
    journal = Journal(limit_bytes=2_000)
    journal.append(served(1))
    journal.append(served(2, client="x" * 10_000))
    assert seqs(journal) == [2]
    journal.append(served(3))
    assert seqs(journal) == [3]


def test_memory_is_given_back_when_facts_go(served) -> None:
    journal = Journal(limit_bytes=100_000)
    for n in range(20_000):
        journal.append(served(n))
    assert len(journal._entries) < 2_500
    assert [entry.seq for entry in journal.read(19_990).entries] == list(range(19_991, 20_001))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=80), st.integers(-90, 120), st.integers(1, 30))
def test_a_reader_that_goes_on_with_next_sees_every_kept_fact_once(sizes, after, limit) -> None:
    journal = Journal(limit_bytes=8_000)
    for size in sizes:
        journal.append_json({"kind": "K", "source": "s", "at_ms": 0, "pad": "x" * size})
    seen, asked, position = [], after, after
    for _ in range(len(sizes) + 1):
        page = journal.read(position, limit=limit, scan_limit=7)
        seen += [entry.seq for entry in page.entries]
        assert page.next >= position or position > page.last
        position = page.next
    if asked >= 0:
        expected = range(max(asked + 1, journal.first), journal.last + 1)
    else:
        expected = range(max(journal.first, journal.last + asked + 1), journal.last + 1)
    assert seen == list(expected)


async def test_waiting_ends_with_the_next_fact(journal, served) -> None:
    waiting = asyncio.create_task(journal.wait_beyond(1))
    await asyncio.sleep(0)
    journal.append(served())
    await asyncio.sleep(0)
    assert not waiting.done()
    journal.append(served())
    await asyncio.wait_for(waiting, 1)


async def test_waiting_for_what_is_there_returns_at_once(journal, served) -> None:
    journal.append(served())
    await asyncio.wait_for(journal.wait_beyond(0), 1)


async def test_a_waiter_that_gives_up_is_forgotten(journal, served) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(journal.wait_beyond(0), 0)
    waiting = asyncio.create_task(journal.wait_beyond(0))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert journal._waiters == set()
    assert journal.append(served()) == 1


async def test_a_reader_that_keeps_up_loses_nothing_while_the_limit_pushes_facts_out(served) -> None:
    journal = Journal(limit_bytes=4_000)
    seen: list[int] = []

    async def follow() -> None:
        position = 0
        while position < 200:
            await journal.wait_beyond(position)
            page = journal.read(position)
            assert page.gap == 0
            seen.extend(entry.seq for entry in page.entries)
            position = page.next

    reader = asyncio.create_task(follow())
    for n in range(200):
        journal.append(served(n))
        await asyncio.sleep(0)
    await asyncio.wait_for(reader, 1)
    assert seen == list(range(1, 201))


def test_a_page_is_json_without_encoding_facts_again(journal, served) -> None:
    assert json.loads(journal.read().to_json()) == {
        "journal": "j1", "next": 0, "gap": 0, "first": 1, "last": 0, "facts": [],
    }  # fmt: skip
    journal.append(served(7))
    page = json.loads(journal.read().to_json())
    assert page["facts"][0]["seq"] == 1
    assert fact_from_json(page["facts"][0]) == served(7)


def test_two_lives_of_an_engine_have_journals_of_different_names() -> None:
    assert Journal().identity != Journal().identity
