import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.contracts.framing import FramingError, frame, schema_id_of, unframe


@given(st.integers(0, 2**32 - 1), st.binary(max_size=64))
def test_what_is_framed_comes_back(schema_id: int, body: bytes) -> None:
    framed = frame(schema_id, body)
    found, rest = unframe(framed)
    assert (found, bytes(rest), schema_id_of(framed)) == (schema_id, body, schema_id)


def test_the_frame_is_the_confluent_wire_format() -> None:
    assert frame(258, b"x") == b"\x00\x00\x00\x01\x02x"


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x00\x00\x00"])
def test_too_few_bytes_are_named(data: bytes) -> None:
    with pytest.raises(FramingError, match=f"{len(data)} bytes are too short"):
        unframe(data)


def test_a_wrong_magic_byte_is_named() -> None:
    with pytest.raises(FramingError, match="magic byte is 0x7b"):
        unframe(b"{not avro}")
    assert schema_id_of(b"{not avro}") is None
