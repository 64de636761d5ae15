"""What is done with dead letters: replayed after a dry run, corrected, given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from textual.content import Content

from sandbox.control.dlq_models import DeadLetter, EditedReplayRequest, PurgeRequest, Replay
from sandbox.errors import SandboxError
from sandbox.tui.dialogs.confirm import Confirm
from sandbox.tui.dialogs.edit_record import EditedText, EditRecord
from sandbox.tui.dialogs.rehearse import Rehearse
from sandbox.tui.figures import count_text
from sandbox.tui.letter_desk import by_topic, fail_again, replay_request, standing_of, start_replays
from sandbox.tui.letters import Letter
from sandbox.tui.rehearsal import Rehearsal, plural, result_text
from sandbox.tui.screens.dlq_detail import raw_value
from sandbox.tui.screens.page import Page
from sandbox.tui.widgets.gauge import gauge

__all__ = ["DlqActions"]

LOOK_S = 0.2
NOTHING = "there is no letter here that this could be done with"


class DlqActions(Page):
    """The part of the page that changes something."""

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._replays: list[Replay] = []
        self._sent: frozenset[str] = frozenset()

    # What the page has

    def listed(self) -> list[Letter]:
        raise NotImplementedError

    def chosen(self) -> list[Letter]:
        raise NotImplementedError

    def shown_letter(self) -> DeadLetter | None:
        raise NotImplementedError

    def say(self, text: Content | str) -> None:
        raise NotImplementedError

    def clear_marks(self) -> None:
        raise NotImplementedError

    # Replay

    def action_replay(self) -> None:
        self._replay(self.chosen())

    def action_replay_all(self) -> None:
        self._replay(self.listed())

    def _replay(self, letters: Sequence[Letter]) -> None:
        if self._may_change(letters):
            self.run_worker(partial(self._rehearse, letters), exclusive=True, group="replay")

    async def _rehearse(self, letters: Sequence[Letter]) -> None:
        self.say("looking what it would do…")
        try:
            dry_runs = {
                topic: await self.feed.ask(
                    lambda client, topic=topic, each=each: client.replay_dead_letters(
                        topic, replay_request(each, dry_run=True)
                    )
                )
                for topic, each in by_topic(letters).items()
            }
            hopeless = await fail_again(self.feed, letters)
        except SandboxError as error:
            self.say(Content.styled(error.render(), "$bad"))
            return
        self.say("")
        terms = await self._asked(Rehearse(f"Replay {plural(len(letters), 'letter')}", Rehearsal(dry_runs, hopeless)))
        if terms is None:
            return
        ids = frozenset(letter.id for letter in letters if letter.status == "PENDING")
        self.do(
            "",
            lambda client: start_replays(client, letters, rate_per_s=terms.rate_per_s, reason=terms.reason),
            lambda begun: self._follow(begun, ids),
        )

    def _follow(self, replays: list[Replay], ids: Iterable[str]) -> None:
        self._replays, self._sent = replays, frozenset(ids)
        self.clear_marks()
        self.run_worker(self._progress, exclusive=True, group="progress")

    async def _progress(self) -> None:
        while any(each.state == "running" for each in self._replays):
            await asyncio.sleep(LOOK_S)
            try:
                self._replays = [
                    await self.feed.ask(lambda client, each=each: client.replay(each.replay))
                    if each.state == "running"
                    else each
                    for each in self._replays
                ]
            except SandboxError as error:
                self.say(Content.styled(f"how the replay stands is not known: {error.message}", "$warn"))
                continue
            self.say(_progress_text(self._replays))
        self.look_again()

    def look_again(self) -> None:
        """Read the letters once more and tell how the replay ended."""
        self.run_worker(self._look, exclusive=True, group="look")

    async def _look(self) -> None:
        await self.read_again()

    async def read_again(self) -> None:
        raise NotImplementedError

    def tell_results(self, letters: Iterable[Letter]) -> None:
        """Once a replay has ended: what became of its letters, as far as that is known."""
        if self._replays and not any(each.state == "running" for each in self._replays):
            self.say(result_text(self._replays, standing_of(letters, self._sent)))

    def action_stop(self) -> None:
        running = [each.replay for each in self._replays if each.state == "running"]
        for replay in running:
            self.do("replay stopped", lambda client, replay=replay: client.stop_replay(replay))
        if not running:
            self.say("no replay is going on")

    # Correct

    def action_edit(self) -> None:
        letter = self.shown_letter()
        if letter is not None and self._may_change([letter]):
            self.run_worker(partial(self._edit, letter), exclusive=True, group="edit")

    async def _edit(self, letter: DeadLetter) -> None:
        topic = str(letter.letter.get("originalTopic") or getattr(letter, "originalTopic", ""))
        dlq_topic = str(getattr(letter, "dlqTopic", f"{topic}.dlq"))
        view = letter.original
        given = EditedText.of(letter.letter.get("key"), view.value if view else None, raw_value(letter), letter.headers)

        async def check(changes: dict[str, Any]) -> str | None:
            request = EditedReplayRequest(**changes, dryRun=True)
            try:
                await self.feed.ask(lambda client: client.replay_edited_letter(dlq_topic, letter.id, request))
            except SandboxError as error:
                return error.render()
            return None

        example = await self._example(topic)
        title = f"Correct a record of {topic} and replay it"
        changes = await self._asked(EditRecord(title, given, check, example=example, send=f"sends it to {topic}"))
        if changes is not None:
            request = EditedReplayRequest(**changes, reason="corrected in the terminal")
            self.do(
                "",
                lambda client: client.replay_edited_letter(dlq_topic, letter.id, request),
                lambda begun: self._follow([begun], [letter.id]),
            )

    async def _example(self, topic: str) -> Any:
        """A value that the topic's contract takes, to begin with where the original cannot be decoded."""
        try:
            described = await self.feed.ask(lambda client: client.topic(topic))
        except SandboxError:
            return {}
        return (described.model_dump().get("contract") or {}).get("example") or {}

    # Give up

    def action_purge(self) -> None:
        letters = [letter for letter in self.chosen() if letter.status == "PENDING"]
        if self._may_change(letters):
            self.run_worker(partial(self._purge, letters), exclusive=True, group="purge")

    async def _purge(self, letters: Sequence[Letter]) -> None:
        topics = ", ".join(by_topic(letters))
        text = f"{topics}: they become SKIPPED and are not replayed any more.\nThe topic is append-only and keeps them."
        if not await self._asked(Confirm(f"Give {plural(len(letters), 'letter')} up?", text)):
            return

        async def purge(client: Any) -> int:
            count = 0
            for topic, each in by_topic(letters).items():
                request = PurgeRequest(id=[letter.id for letter in each], reason="given up in the terminal")
                count += (await client.purge_dead_letters(topic, request)).purged
            return count

        self.do("", purge, self._purged)

    def _purged(self, count: int) -> None:
        self._replays = []
        self.clear_marks()
        self.say(Content.assemble(("✓ ", "$good"), f"{plural(count, 'letter')} given up"))
        self.look_again()

    # Copy

    def action_copy(self) -> None:
        letter = self.shown_letter()
        if letter is None:
            self.say(NOTHING)
            return
        view = letter.original
        text = EditedText.of(None, view.value if view else None, raw_value(letter), ()).value
        self.app.copy_to_clipboard(text)
        self.app.notify("the original is in the clipboard", markup=False)

    def _may_change(self, letters: Sequence[object]) -> bool:
        """Told at once, before anything is typed; the feed refuses it too."""
        if self.feed.read_only:
            self.say(Content.styled("this is a read-only view: start `sandbox tui` without --read-only", "$warn"))
        elif not letters:
            self.say(NOTHING)
        return bool(letters) and not self.feed.read_only

    async def _asked(self, dialog: Any) -> Any:
        return await self.app.ask(dialog)  # type: ignore[attr-defined]


def _progress_text(replays: Sequence[Replay]) -> Content:
    selected = sum(each.selected for each in replays)
    done = selected - sum(each.left for each in replays)
    text = f" {count_text(max(0, done))} of {plural(selected, 'letter')}"
    bar = gauge(max(0, done), max(1, selected), 20, "$info")
    return Content.assemble(("▶ ", "$info"), bar, text, ("   s", "$info"), (" stops", "$dim"))
