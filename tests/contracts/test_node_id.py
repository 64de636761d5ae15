import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.errors import UsageError

PART = st.text(alphabet="abzAZ09._-/", min_size=1, max_size=12)


@pytest.mark.parametrize(
    "text", ["rim:entity:finance:EURUSD", "rim:actor:regulator:SEC", "rim:a:b:c/d.e_f-g", "rim:entity:x:é"]
)
def test_a_node_id_reads_and_writes_the_same(text: str) -> None:
    assert str(RimNodeId.parse(text)) == text


@given(PART, PART, PART)
def test_any_three_parts_make_a_node_id(node_type: str, namespace: str, local_id: str) -> None:
    text = f"rim:{node_type}:{namespace}:{local_id}"
    assert RimNodeId.parse(text) == RimNodeId(node_type, namespace, local_id)


@pytest.mark.parametrize(
    "text",
    ["", "EURUSD", "rim:entity:finance", "rim:entity:finance:", "rim::finance:X", "rim:a:b:c:d", "RIM:a:b:c",
     "rim:a:b:c d", "rim:a:b:c\n", None, 7],
)  # fmt: skip
def test_what_is_no_node_id_is_refused(text: object) -> None:
    assert not RimNodeId.is_valid(text)


@pytest.mark.spec("ERROR-NODE-ID")
def test_the_refusal_has_the_specifications_words() -> None:
    with pytest.raises(UsageError) as caught:
        RimNodeId.parse("EURUSD")
    assert caught.value.message == NODE_ID_MESSAGE == "must match pattern rim:{nodeType}:{namespace}:{localId}"
