import hashlib

from sandbox.contracts.idempotency import idempotency_key


def test_the_key_is_the_hash_of_scope_time_resolution_and_mode() -> None:
    text = b"rim:entity:finance:EURUSD|1733220000000|60|omniscient"
    assert (
        idempotency_key("rim:entity:finance:EURUSD", 1733220000000, 60, "OMNISCIENT")
        == hashlib.sha256(text).hexdigest()
    )
