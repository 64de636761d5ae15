"""Looking at records on the real Kafka: page by page from anywhere, as they come, and what they weigh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest

from sandbox.control.client import ControlClient
from sandbox.control.models import PublishRequest
from sandbox.control.records_models import RecordPage
from sandbox.errors import UnknownName

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

COUNT = 25


@pytest.fixture
async def control(shared: tuple[Any, dict[str, Any]]) -> AsyncIterator[ControlClient]:
    cli, status = shared
    token = (cli.state_root / status["name"] / "token").read_text("ascii").strip()
    async with ControlClient(cli.engine(status["name"])["control_url"], token) as client:
        yield client


@pytest.fixture
async def topic(control: ControlClient) -> AsyncIterator[str]:
    """25 records of JSON with keys of their own, over three partitions."""
    name = f"pages-{uuid4().hex[:8]}"
    await control.create_topic(name, partitions=3)
    for number in range(COUNT):
        await control.publish_record(name, PublishRequest(value={"number": number}, key=f"k{number}"))
    yield name
    await control.delete_topic(name)


def numbers(page: RecordPage) -> list[int]:
    return [each.value["number"] for each in page.records]


async def test_pages_from_the_beginning_show_every_record_once(control: ControlClient, topic: str) -> None:
    seen: list[int] = []
    page = await control.records(topic, begin="earliest", limit=10)
    while True:
        assert len(page.records) <= 10
        seen += numbers(page)
        if page.done:
            break
        page = await control.records(topic, after=page.next, limit=10)
    assert sorted(seen) == list(range(COUNT))


async def test_what_is_published_after_the_last_page_is_the_next_one(control: ControlClient, topic: str) -> None:
    last = await control.records(topic, begin="earliest", limit=1_000)
    assert (last.done, last.looked_at) == (True, COUNT)
    await control.publish_record(topic, PublishRequest(value={"number": 99}, key="late"))
    assert numbers(await control.records(topic, after=last.next)) == [99]


async def test_a_page_of_the_last_records_takes_its_share_of_each_partition(control: ControlClient, topic: str) -> None:
    page = await control.records(topic, limit=6)
    ends = {each.partition: each.end for each in await control.partitions(topic)}
    wanted = {(number, offset) for number, end in ends.items() for offset in range(max(0, end - 2), end)}
    assert {(each.partition, each.offset) for each in page.records} == wanted
    assert page.done


async def test_an_offset_of_one_partition_is_a_beginning(control: ControlClient, topic: str) -> None:
    end = next(each.end for each in await control.partitions(topic) if each.partition == 1)
    page = await control.records(topic, begin=f"@{end - 1}", partition=1)
    assert [(each.partition, each.offset) for each in page.records] == [(1, end - 1)]


async def test_a_search_says_how_many_it_looked_at(control: ControlClient, topic: str) -> None:
    page = await control.records(topic, begin="earliest", match="key=k17")
    assert (numbers(page), page.looked_at, page.done) == ([17], COUNT, True)


async def test_an_unknown_topic_has_no_pages(control: ControlClient) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        await control.records("nowhere")


async def test_a_watch_goes_on_where_a_page_ended_and_leaves_out_what_comes_too_fast(
    control: ControlClient, topic: str
) -> None:
    page = await control.records(topic, begin="earliest", limit=4)
    async with asyncio.timeout(60), aclosing(control.watch(topic, after=page.next, limit=6)) as looks:
        seen, skipped, published = 0, 0, 0
        async for look in looks:
            seen, skipped, published = seen + look.looked_at, skipped + look.skipped, look.published
            if seen + skipped >= COUNT - 4:
                break
    assert (seen + skipped, published) == (COUNT - 4, 0), "each is shown or counted; none has come since it began"
    assert 0 < seen <= 6


async def test_a_topic_is_counted_exactly_and_weighed_by_the_broker(control: ControlClient, topic: str) -> None:
    async def line() -> Any:
        return next(each for each in (await control.overview()).topics or () if each.name == topic)

    before = await line()
    assert (before.partitions, before.records, before.produced) == (3, COUNT, COUNT)
    assert before.size_bytes > 0
    padding = "x" * 10_000
    await control.publish_record(topic, PublishRequest(value={"number": 100, "padding": padding}, key="big"))
    async with asyncio.timeout(30):
        while (after := await line()).produced == COUNT:
            await asyncio.sleep(0.1)
    assert after.size_bytes >= before.size_bytes + len(padding)
