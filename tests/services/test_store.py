"""The services' SQLite part: shared commits, failures that stay alone, reads that see only what is committed."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from sandbox.services.store import GATHER_S, Store, StoreFailed

SCHEMA = "CREATE TABLE things (name TEXT PRIMARY KEY);"


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / "deep" / "things.db", SCHEMA)
    store.open()
    yield store
    await store.close()


def insert(name):
    return lambda connection: connection.execute("INSERT INTO things VALUES (?)", (name,))


def names(store):
    return [name for (name,) in store.read("SELECT name FROM things ORDER BY name")]


async def test_what_was_written_is_read_and_survives_a_restart(store, tmp_path):
    await store.write(insert("a"))
    assert names(store) == ["a"]
    await store.close()
    again = Store(store.path, SCHEMA)
    again.open()
    assert names(again) == ["a"]
    await again.close()


async def test_writes_of_one_turn_share_a_commit(store):
    commits = []
    store._writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    await asyncio.gather(*(store.write(insert(str(number))) for number in range(10)))
    assert (len(commits), len(names(store))) == (1, 10)


@pytest.fixture
def commits(store):
    found = []
    store._writer.set_trace_callback(lambda sql: found.append(sql) if sql == "COMMIT" else None)
    return found


async def test_patient_writes_of_several_turns_share_a_commit(store, commits):
    async def later(turns):
        for _ in range(turns):
            await asyncio.sleep(0)
        await store.write(insert(str(turns)), is_patient=True)

    await asyncio.gather(*(later(turns) for turns in range(5)))
    assert (len(commits), names(store)) == (1, ["0", "1", "2", "3", "4"])
    await asyncio.sleep(2 * GATHER_S)
    assert len(commits) == 1, "nothing is left of the wait"


async def test_a_write_that_cannot_wait_takes_the_patient_ones_along(store, commits):
    patient = asyncio.ensure_future(store.write(insert("patient"), is_patient=True))
    await asyncio.sleep(0)
    await store.write(insert("urgent"))
    await patient
    assert (len(commits), names(store)) == (1, ["patient", "urgent"])
    await store.write(insert("next"), is_patient=True)
    assert names(store) == ["next", "patient", "urgent"]


async def test_closing_commits_what_is_patient(store):
    writing = asyncio.ensure_future(store.write(insert("a"), is_patient=True))
    await asyncio.sleep(0)
    await store.close()
    await writing
    store.open()
    assert names(store) == ["a"]


async def test_a_failing_write_undoes_only_itself(store):
    def half(connection):
        insert("half")(connection)
        raise KeyError("a bug")

    results = await asyncio.gather(
        store.write(insert("a")), store.write(half), store.write(insert("a")), store.write(insert("b")),
        return_exceptions=True,
    )  # fmt: skip
    assert isinstance(results[1], KeyError)
    assert isinstance(results[2], StoreFailed)
    assert names(store) == ["a", "b"]


async def test_reads_see_only_what_is_committed(store):
    store.write_later(insert("a"))
    assert names(store) == []
    await store.settled()
    assert names(store) == ["a"]


async def test_kept_answers_end_with_the_next_commit(store):
    assert names(store) == []
    await store.write(insert("a"))
    assert names(store) == ["a"]


async def test_a_write_whose_waiter_is_cancelled_does_not_hold_up_the_others(store):
    first = asyncio.create_task(store.write(insert("a")))
    second = asyncio.create_task(store.write(insert("b")))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert names(store) == ["a", "b"]


async def test_close_commits_what_waits(store):
    store.write_later(insert("a"))
    await store.close()
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (1,)
    connection.close()


async def test_the_log_is_copied_back_and_started_again(tmp_path):
    store = Store(tmp_path / "things.db", SCHEMA, log_limit_pages=50)
    store.open()
    log = tmp_path / "things.db-wal"

    async def fill(start: int, stop: int) -> None:
        for number in range(start, stop):
            await store.write(insert(f"{number:06}" * 50))

    # Several writers without a pause: the copying alone would never catch up with them.
    await asyncio.gather(*(fill(part * 10_000, part * 10_000 + 2_000) for part in range(4)))
    first = log.stat().st_size
    await asyncio.gather(*(fill(part * 10_000 + 5_000, part * 10_000 + 9_000) for part in range(4)))
    assert log.stat().st_size < 2 * first
    assert store.read("SELECT count(*) FROM things") == [(24_000,)]
    await store.close()


async def test_a_long_read_runs_beside_the_event_loop(store):
    await store.write(insert("a"))
    rows = await store.read_in_thread(lambda connection: connection.execute("SELECT name FROM things").fetchall())
    assert rows == [("a",)]


async def test_a_closed_store_says_so(store):
    await store.close()
    with pytest.raises(StoreFailed, match="not open"):
        names(store)
    with pytest.raises(StoreFailed, match="not open"):
        await store.write(insert("a"))
    with pytest.raises(StoreFailed, match="not open"):
        await store.read_in_thread(lambda connection: None)


async def test_bad_sql_is_a_store_failure(store):
    with pytest.raises(StoreFailed, match="no such table"):
        store.read("SELECT * FROM nowhere")
    with pytest.raises(StoreFailed, match="no such table"):
        await store.read_in_thread(lambda connection: connection.execute("SELECT * FROM nowhere"))


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "things.db"
    path.write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(StoreFailed, match="cannot be opened"):
        Store(path, SCHEMA).open()


async def test_a_file_of_another_version_is_refused_with_the_way_out(store):
    await store.close()
    with pytest.raises(StoreFailed, match="version 1, expected 2") as failure:
        Store(store.path, SCHEMA, version=2).open()
    assert "--fresh" in failure.value.hint
