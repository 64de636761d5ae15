from __future__ import annotations

import asyncio

from sandbox.runtime.replaced import Replaced


async def test_a_service_of_ones_own_is_reached_by_connecting_to_it() -> None:
    connected = asyncio.Event()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    replaced = Replaced({"capsule": f"http://127.0.0.1:{port}/base"})
    assert replaced.to_json()["capsule"]["reachable"] is None, "nobody has looked yet"
    async with server:
        assert (await replaced.look())["capsule"].trouble is None
        await asyncio.wait_for(connected.wait(), 5)
    assert replaced.to_json() == {
        "capsule": {"url": f"http://127.0.0.1:{port}/base", "reachable": True, "detail": None}
    }
    await replaced.look()
    away = replaced.to_json()["capsule"]
    assert (away["reachable"], away["detail"]) == (False, "nothing can be reached there: Connection refused")


async def test_with_nothing_replaced_there_is_nothing_to_watch() -> None:
    await asyncio.wait_for(Replaced({}).run(), 1)
