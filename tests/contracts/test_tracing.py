import random

import pytest

from sandbox.contracts.tracing import TraceContext

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def rng() -> random.Random:
    return random.Random(7)


@pytest.mark.spec("TRACE-TRACEPARENT", "TRACE-WITH")
def test_ids_that_arrive_are_kept_and_the_span_is_new() -> None:
    trace = TraceContext.accept(
        {"X-Request-ID": "req-abc123", "X-Correlation-ID": "trace-xyz789", "traceparent": PARENT}
    )
    assert (trace.request_id, trace.correlation_id) == ("req-abc123", "trace-xyz789")
    assert trace.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace.parent_span_id == "00f067aa0ba902b7" != trace.span_id


@pytest.mark.spec("TRACE-WITHOUT")
def test_absent_ids_are_generated_and_seeded() -> None:
    first, second = TraceContext.accept({}, rng()), TraceContext.accept({}, rng())
    assert first == second
    assert first.request_id.startswith("req-") and first.parent_span_id is None and len(first.trace_id) == 32


@pytest.mark.parametrize(
    "value",
    ["", "garbage", "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
     "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
     "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", PARENT.upper(), PARENT[:-1]],
)  # fmt: skip
def test_a_malformed_traceparent_starts_a_new_trace(value: str) -> None:
    trace = TraceContext.accept({"traceparent": value, "tracestate": "a=b"}, rng())
    assert trace.trace_id == TraceContext.accept({}, rng()).trace_id
    assert trace.parent_span_id is None and trace.tracestate is None


@pytest.mark.parametrize("value", ["", "has blank", "x" * 129, "line\nbreak", "umläut"])
def test_a_malformed_request_id_is_replaced(value: str) -> None:
    assert TraceContext.accept({"X-Request-ID": value}).request_id.startswith("req-")


def test_b3_is_understood_in_both_forms() -> None:
    multi = {"X-B3-TraceId": "80f198ee56343ba864fe8b2a57d3eff7", "X-B3-SpanId": "e457b5a2e4d86bd1", "X-B3-Sampled": "0"}
    single = {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0"}
    for headers in (multi, single):
        trace = TraceContext.accept(headers)
        assert (trace.trace_id, trace.parent_span_id) == ("80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1")
        assert trace.flags == "00"


def test_a_short_b3_trace_id_is_padded() -> None:
    trace = TraceContext.accept({"X-B3-TraceId": "64fe8b2a57d3eff7", "X-B3-SpanId": "e457b5a2e4d86bd1"})
    assert trace.trace_id == "0" * 16 + "64fe8b2a57d3eff7"


@pytest.mark.spec("TRACE-CORRELATION-ID", "TRACE-TRACEPARENT")
def test_a_hop_keeps_the_ids_and_goes_under_the_span() -> None:
    trace = TraceContext.accept({"traceparent": PARENT})
    child = trace.child()
    assert (child.request_id, child.correlation_id, child.trace_id) == (
        trace.request_id, trace.correlation_id, trace.trace_id,
    )  # fmt: skip
    assert child.parent_span_id == trace.span_id != child.span_id


@pytest.mark.spec("TRACE-KAFKA")
def test_a_records_headers_carry_what_http_carries() -> None:
    trace = TraceContext.accept({"traceparent": PARENT, "tracestate": "a=b", "X-Tenant-ID": "t1"})
    again = TraceContext.accept_record(trace.record_headers("capsule"))
    assert (again.request_id, again.trace_id, again.tenant, again.tracestate) == (
        trace.request_id, trace.trace_id, "t1", "a=b",
    )  # fmt: skip
    assert again.source_service == "capsule" and again.parent_span_id == trace.span_id


def test_readers_accept_the_older_header_names() -> None:
    assert TraceContext.accept_record([("correlation_id", b"c-1")]).correlation_id == "c-1"
    assert TraceContext.accept_record([("x-correlation-id", b"c-2")]).correlation_id == "c-2"


def test_header_bytes_that_are_not_text_count_as_absent() -> None:
    assert TraceContext.accept_record([("X-Request-ID", b"\xff\xfe")]).request_id.startswith("req-")
