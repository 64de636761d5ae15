from __future__ import annotations

from contextlib import aclosing

import pytest

from sandbox.errors import UnknownName, UsageError


async def test_a_page_of_records_is_asked_for_from_anywhere_with_a_filter(control, engine) -> None:
    page = await control.records("rim.fast-path", begin="10m", match="key=k", partition=2, limit=20)
    assert (page.records[0].offset, page.next, page.done) == (2, "0:3", True)
    wanted = {"begin": "10m", "after": "", "match": "key=k", "partition": 2, "limit": 20}
    assert engine.asked == [("page", "rim.fast-path", wanted)]


async def test_a_watch_says_what_it_leaves_out(control, engine) -> None:
    async with aclosing(control.watch("rim.fast-path", after="0:3", limit=1)) as looks:
        look = await anext(looks)
    assert (look.published, look.skipped, look.looked_at, look.records[0].key) == (3, 2, 1, "k")
    wanted = {"after": "0:3", "match": "", "partition": None, "limit": 1}
    assert engine.asked == [("watch", "rim.fast-path", wanted)]


async def test_a_filter_that_is_none_is_refused_before_anything_is_read(control) -> None:
    with pytest.raises(UsageError, match="no JSONPath"):
        await control.records("rim.fast-path", match="$[")
    with pytest.raises(UsageError, match="no JSONPath"):
        await anext(control.watch("rim.fast-path", match="$["))


async def test_an_unknown_topic_is_named_before_the_handshake(control) -> None:
    with pytest.raises(UnknownName, match="there is no topic 'nothing'"):
        await anext(control.watch("nothing"))


async def test_partitions_come_with_each_groups_lag(control) -> None:
    (found,) = await control.partitions("rim.fast-path")
    assert (found.partition, found.end, found.lag) == (0, 3, {"capsule": 1})
