"""A sandbox that belongs to a command."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from sandbox.runtime.owner import Owner


def test_the_engines_end_comes_with_the_owners(tmp_path: Path) -> None:
    owner, heard = Owner(tmp_path), []
    reading = owner.take()
    engine = threading.Thread(target=lambda: heard.append(os.read(reading, 1)))
    engine.start()
    assert heard == []
    owner.leave()
    engine.join(10)
    assert heard == [b""]
    os.close(reading)


def test_an_engine_that_takes_the_place_of_another_has_the_same_owner(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    os.close(owner.take())
    reading = Owner(tmp_path).reading()
    os.set_blocking(reading, False)
    try:
        os.read(reading, 1)
    except BlockingIOError:
        owner.leave()
    assert os.read(reading, 1) == b"", "and hears of its end"
    os.close(reading)


def test_a_sandbox_that_was_set_free_is_nobodys(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    reading = owner.take()
    owner.set_free()
    assert os.read(reading, 1) == b"k"
    assert Owner(tmp_path).reading() is None
    owner.leave()
    os.close(reading)


def test_an_owner_that_took_nothing_changes_nothing(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    os.close(owner.take())
    Owner(tmp_path).set_free()
    Owner(tmp_path).leave()
    reading = Owner(tmp_path).reading()
    assert reading is not None
    owner.leave()
    os.close(reading)


def test_who_is_started_anew_by_somebody_else_is_nobodys(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    os.close(owner.take())
    Owner(tmp_path).forget()
    assert Owner(tmp_path).reading() is None
    owner.leave()
