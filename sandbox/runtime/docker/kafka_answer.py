"""Whether a broker takes part in its cluster, asked in 18 bytes: a published port accepts connections in any case."""

from __future__ import annotations

import asyncio

__all__ = ["broker_answers"]

# Length, Metadata (key 3) version 1, correlation id 7, no client id, no topics.
REQUEST = bytes.fromhex("0000000e 0003 0001 00000007 ffff 00000000")
ANSWER_LIMIT_S = 1.0


async def broker_answers(host: str, port: int) -> bool:
    """Whether Kafka there answers, and knows of a live broker."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(REQUEST)
            head = await reader.readexactly(12)
            return int.from_bytes(head[8:12], "big") >= 1
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
