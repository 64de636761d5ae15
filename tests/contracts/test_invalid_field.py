from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from sandbox.contracts.invalid_field import invalid_text


class Order(BaseModel):
    state: Literal["OPEN", "CLOSED"] = "OPEN"
    rate: float = Field(default=1, gt=0)
    names: list[str] = []
    number: int
    word: str = "yes"

    @field_validator("word")
    @classmethod
    def _known(cls, word: str) -> str:
        if word != "yes":
            raise ValueError("must be a word that is known")
        return word


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": "open"}, "must be 'OPEN' or 'CLOSED', not 'open'"),
        ({"rate": 0}, "must be greater than 0, not 0"),
        ({"names": "x"}, "must be a valid list, not 'x'"),
        ({"names": {"a": 1}}, "must be a valid list"),
        ({"number": None}, "must be a valid integer"),
        ({"state": "x" * 100}, "must be 'OPEN' or 'CLOSED'"),
        ({"word": "no"}, "must be a word that is known"),
    ],
)
def test_a_finding_says_what_must_be_and_what_was_given(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Order(**{"number": 1, **given})
    assert invalid_text(caught.value.errors()[0]) == said


def test_what_is_missing_is_required() -> None:
    with pytest.raises(ValidationError) as caught:
        Order()  # type: ignore[call-arg]
    assert invalid_text(caught.value.errors()[0]) == "is required"
