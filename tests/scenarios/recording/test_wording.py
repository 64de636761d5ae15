"""Recorded values in a scenario's own words."""

from typing import Any

import pytest

from sandbox.scenarios.recording.wording import Wording
from tests.scenarios.recording.conftest import T0

NAMES = {"cap_201258c6f3": "capsule_id", "x1": "short", "a b/c": "odd"}


@pytest.fixture
def wording() -> Wording:
    return Wording(NAMES, T0)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("cap_201258c6f3", "{{ capsule_id }}"),
        ("urn:cap_201258c6f3:v1", "urn:{{ capsule_id }}:v1"),
        ("x1", "{{ short }}"),
        ("x12", "x12"),
        ({"a": ["x1", 5, None, True]}, {"a": ["{{ short }}", 5, None, True]}),
        ("[redacted]", "{{ secret }}"),
        ("key=[redacted]!", "key={{ secret }}!"),
        ("{{ 7 * 7 }} {% x %}", "{{ '{{' }} 7 * 7 }} {{ '{%' }} x %}"),
        (T0, "{{ now() }}"),
        (T0 - 300_000, "{{ now('-300s') }}"),
        ("2024-12-03T10:00:05Z", "{{ now('+5s') | iso }}"),
        ("2019-01-01T00:00:00Z", "2019-01-01T00:00:00Z"),
        (1_600_000_000_000, 1_600_000_000_000),
    ],
)
def test_ids_moments_and_secrets_are_told_by_what_they_are(wording: Wording, value: Any, told: Any) -> None:
    assert wording.value(value) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/v1/x/cap_201258c6f3?page=0", "/api/v1/x/{{ capsule_id }}?page=0"),
        ("/x?q=%7B%22a%22%3A1%7D&sort=a,b", "/x?q=%7B%22a%22%3A1%7D&sort=a,b"),
        ("/x?name=a%20b%2Fc", "/x?name={{ odd | urlencode }}"),
        ("/x?token=[redacted]", "/x?token={{ secret }}"),
        (f"/x?from={T0 - 60_000}", "/x?from={{ now('-60s') | string | urlencode }}"),
        ("/x?from=2024-12-03T10%3A00%3A00Z", "/x?from={{ now() | iso | string | urlencode }}"),
    ],
)
def test_a_path_keeps_its_encoding(wording: Wording, path: str, told: str) -> None:
    assert wording.path(path) == told
