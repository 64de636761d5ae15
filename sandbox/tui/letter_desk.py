"""What the page of dead letters asks of the control API: lists, dry runs, replays and how they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sandbox.control.client import ControlClient
from sandbox.control.dlq_models import DlqQuery, Replay, ReplayRequest
from sandbox.errors import SandboxError
from sandbox.tui.feed import Feed
from sandbox.tui.letters import OPEN, Letter

__all__ = ["by_topic", "fail_again", "read_letters", "replay_request", "standing_of", "start_replays"]

PAGE_LETTERS = 1_000
LETTERS_LIMIT = 2_000
"""Of each topic, the open ones before those that are settled."""
SAMPLED = 20
SETTLED = ("RESOLVED", "SKIPPED")


async def read_letters(feed: Feed) -> tuple[list[Letter], int]:
    """Letters of all topics, and how many there are more. Raises SandboxError."""
    found: list[Letter] = []
    more = 0
    for topic in await feed.ask(lambda client: client.dlq_topics()):
        if topic.letters:
            letters = await _of_topic(feed, topic.topic)
            found += letters
            more += max(0, topic.letters - len(letters))
    return found, more


async def _of_topic(feed: Feed, topic: str) -> list[Letter]:
    found: list[Letter] = []
    for statuses in (OPEN, SETTLED):
        after = 0
        while len(found) < LETTERS_LIMIT:
            query = DlqQuery(status=list(statuses), after=after, limit=min(PAGE_LETTERS, LETTERS_LIMIT - len(found)))
            page = await feed.ask(lambda client, query=query: client.dead_letters(topic, query))
            found += [Letter.of(topic, row.model_dump()) for row in page.letters]
            if len(page.letters) < query.limit:
                break
            after = page.next
    return found


def by_topic(letters: Iterable[Letter]) -> dict[str, list[Letter]]:
    found: dict[str, list[Letter]] = {}
    for letter in letters:
        found.setdefault(letter.topic, []).append(letter)
    return found


def replay_request(
    letters: Sequence[Letter], *, dry_run: bool = False, rate_per_s: float | None = None, reason: str | None = None
) -> ReplayRequest:
    """For letters of one topic."""
    ids = [letter.id for letter in letters]
    return ReplayRequest(id=ids, dryRun=dry_run, ratePerSecond=rate_per_s, reason=reason)


async def start_replays(
    client: ControlClient, letters: Iterable[Letter], *, rate_per_s: float | None, reason: str | None
) -> list[Replay]:
    """One for each topic."""
    return [
        await client.replay_dead_letters(topic, replay_request(each, rate_per_s=rate_per_s, reason=reason))
        for topic, each in by_topic(letters).items()
    ]


async def fail_again(feed: Feed, letters: Iterable[Letter]) -> dict[str, int]:
    """Reason → how many of the records cannot be decoded now either, so that they fail again as they are.

    Looks at the first few of each topic and error; the others of the same error count as those do.
    """
    alike: dict[tuple[str, str, str, str], list[Letter]] = {}
    for letter in letters:
        if letter.category == "DESERIALIZATION" and letter.status == "PENDING":
            alike.setdefault((*letter.path, letter.error), []).append(letter)
    found: Counter[str] = Counter()
    for same in list(alike.values())[:SAMPLED]:
        try:
            looked = await feed.ask(lambda client, one=same[0]: client.dead_letter(one.topic, one.id))
        except SandboxError:
            continue
        if looked.original is not None and looked.original.reason is not None:
            found[looked.original.reason] += len(same)
    return dict(found)


def standing_of(letters: Iterable[Letter], ids: frozenset[str]) -> Mapping[str, int]:
    """Status → how many of these letters."""
    return Counter(letter.status for letter in letters if letter.id in ids)
