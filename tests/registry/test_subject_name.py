import pytest

from sandbox.registry.refusal import Refusal
from sandbox.registry.subject_name import context_of, matches_prefix, normalised, plain_name, qualified, validated


@pytest.mark.parametrize(
    ("subject", "context", "name", "spelling"),
    [
        ("orders-value", ".", "orders-value", "orders-value"),
        (":.:orders", ".", "orders", "orders"),
        (":.dev:orders", ".dev", "orders", ":.dev:orders"),
        (":.dev:a:b", ".dev", "a:b", ":.dev:a:b"),
        (":.dev", ".dev", "", ":.dev:"),
        (":odd", ".", ":odd", ":odd"),
        ("a:.b:c", ".", "a:.b:c", "a:.b:c"),
    ],
)
def test_a_subject_says_its_context(subject, context, name, spelling):
    assert context_of(subject) == context
    assert plain_name(subject) == name
    assert normalised(subject) == spelling
    assert qualified(context, name) == spelling


@pytest.mark.parametrize("subject", ["", "__GLOBAL", "__EMPTY", "a\nb", "a\x00", "\x7f", ":.dev:", ":.dev:__GLOBAL"])
def test_names_that_no_subject_can_have_are_refused(subject):
    with pytest.raises(Refusal) as caught:
        validated(subject)
    assert (caught.value.code, caught.value.status) == (42208, 422)


@pytest.mark.parametrize("subject", ["ä b/c:d", "a%2Fb", "naïve-値", "-", "x" * 500])
def test_any_printable_name_is_a_subject(subject):
    assert validated(subject) == subject


@pytest.mark.parametrize(
    ("subject", "prefix", "matches"),
    [
        ("orders", ":*:", True),
        (":.dev:orders", ":*:", True),
        (":.dev:orders", ":*:ord", True),
        (":.dev:orders", "ord", False),
        ("orders", "ord", True),
        ("orders", "", True),
        (":.dev:orders", "", False),
        (":.dev:orders", ":.dev:", True),
        (":.dev:orders", ":.dev:x", False),
        (":.other:orders", ":.dev:", False),
    ],
)
def test_a_prefix_selects_within_one_context_or_all(subject, prefix, matches):
    assert matches_prefix(subject, prefix) is matches
