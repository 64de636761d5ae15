"""A snapshot of another kind is refused, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.runtime.snapshots.manifest import Manifest, contract_digests, store_digests
from tests.runtime.snapshots.conftest import describe

HERE: dict[str, Any] = {"kafka": "4.4.0", "stores": {"capsule": "c1"}, "contracts": {"rim.fast-path": "r1"}}


def test_data_of_this_kind_is_taken() -> None:
    describe({}).refuse_other("s.tar.gz", **HERE)


@pytest.mark.parametrize(
    ("here", "said"),
    [
        ({"kafka": "4.5.0"}, "it holds data of Kafka 4.4.0, this sandbox runs Kafka 4.5.0"),
        ({"stores": {"capsule": "c2"}}, "the tables of capsule are those of sandbox 0.1.0"),
        ({"contracts": {"rim.fast-path": "r2"}}, "its contracts differ in rim.fast-path"),
        ({"contracts": {"rim.fast-path": "r1", "more": "m"}}, "its contracts differ in more"),
        ({"contracts": {}}, "its contracts differ in rim.fast-path"),
    ],
)
def test_data_of_another_kind_is_refused_with_the_reason(here: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidFile, match=said) as raised:
        describe({}).refuse_other("s.tar.gz", **{**HERE, **here})
    assert raised.value.hint


def test_another_format_is_named() -> None:
    text = describe({}).model_dump_json().replace('"format":1', '"format":2')
    with pytest.raises(InvalidFile, match="it has format 2, this sandbox reads format 1"):
        Manifest.read(text.encode(), "s.tar.gz")


def test_digests_tell_contracts_apart_by_topic() -> None:
    digests = contract_digests(Contracts.load())
    assert digests.keys() == Contracts.load().topics.keys()
    assert digests == contract_digests(Contracts.load())
    assert digests["rim.fast-path"] != digests["plato.plans"]
    assert store_digests().keys() == {"capsule", "odyssey", "plato", "dlq"}
