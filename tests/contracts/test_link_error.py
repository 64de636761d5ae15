from __future__ import annotations

import pytest

from sandbox import errors
from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.contracts.link_error import CODES, error_json, raise_for


@pytest.mark.parametrize("kind", list(CODES), ids=lambda kind: kind.__name__)
def test_an_error_is_raised_at_the_client_as_what_it_was(kind) -> None:
    status, body = error_json(kind("it broke", hint="mend it", where="here:1"))
    with pytest.raises(errors.SandboxError) as raised:
        raise_for(status, body)
    assert type(raised.value) is kind
    assert (raised.value.message, raised.value.hint, raised.value.where) == ("it broke", "mend it", "here:1")


def test_every_error_of_the_tree_has_its_own_code() -> None:
    tree = {getattr(errors, name) for name in errors.__all__}
    assert tree == set(CODES)
    assert len({code for code, _ in CODES.values()}) == len(CODES)


def test_a_class_the_table_does_not_know_goes_as_its_parent() -> None:
    assert error_json(ApiError(ErrorCode.NOT_FOUND))[0] == 500


@pytest.mark.parametrize("body", [None, "text", [], {}, {"error": "text"}])
def test_an_error_without_the_form_is_told_by_its_status(body) -> None:
    with pytest.raises(errors.UnknownName):
        raise_for(404, body)
    with pytest.raises(errors.SandboxError):
        raise_for(502, body)


def test_an_answer_that_is_no_error_raises_nothing() -> None:
    assert raise_for(204, None) is None
