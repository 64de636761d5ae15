"""One event through ODYSSEY and the real PLATO: history, plan, stream, artifact, path."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestServer

from sandbox.services.plato.service import PlatoService

HEADERS = (
    ("X-Request-ID", b"req-golden"),
    ("X-Correlation-ID", b"story-golden"),
    ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01".encode()),
)


@pytest.mark.spec("TRACE-CORRELATION-ID")
async def test_an_alert_becomes_a_plan_whose_messages_carry_the_events_ids(context, new_odyssey, tmp_path):
    plato = PlatoService(replace(context, state_dir=tmp_path / "plato"))
    await plato.start()
    server = TestServer(plato.application())
    await server.start_server()
    context.urls["plato"] = f"http://127.0.0.1:{server.port}"
    odyssey = new_odyssey()
    await odyssey.start()
    delivery = odyssey.delivery(headers=HEADERS, event_id="evt_golden", stress=0.93)
    assert await odyssey.hand(delivery) is None
    assert await odyssey.hand(delivery) == "duplicate"
    plan_id = odyssey.records.on("odyssey.paths")[0].value["plan_id"]

    messages = await odyssey.driven(run_of(odyssey, server, plan_id))
    assert messages[-1]["status"] == "SUCCESS"
    [artifact] = messages[-1]["artifacts"]
    assert artifact["content"]["triggerEventId"] == "evt_golden"
    assert artifact["content"]["gatherHistory"]["capsuleIds"] == ["cap_2", "cap_1"]
    ids = {(each["requestId"], each["correlationId"], each["traceparent"].split("-")[1]) for each in messages}
    assert ids == {("req-golden", "story-golden", "a" * 32)}
    assert len(odyssey.facts.of("PlanStarted")) == 1
    await odyssey.settle(lambda: len(odyssey.records.on("plato.plans")) == 11)
    assert {record.trace.trace_id for record in odyssey.records.on("plato.plans")} == {"a" * 32}

    await odyssey.stop()
    await server.close()
    await plato.stop()


async def run_of(odyssey, server, plan_id):
    """The messages of the plan's run."""
    session, messages = odyssey.http.session, []
    async with session.ws_connect(server.make_url(f"/ws/plans/{plan_id}")) as stream:
        while not messages or messages[-1]["type"] != "PLAN_COMPLETED":
            messages.append(await stream.receive_json(timeout=10))
    return messages
