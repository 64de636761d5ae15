from __future__ import annotations

import gc

import pytest

from sandbox.runtime.collector import collector_at_rest


def test_nothing_is_collected_inside_and_what_was_made_there_is_left_alone_afterwards() -> None:
    before = gc.get_freeze_count()
    try:
        with collector_at_rest():
            assert not gc.isenabled()
            made = [[] for _ in range(1000)]
        assert gc.isenabled() and gc.get_freeze_count() >= before + len(made)
    finally:
        gc.unfreeze()


def test_it_collects_again_after_a_failure() -> None:
    with pytest.raises(ImportError), collector_at_rest():
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
