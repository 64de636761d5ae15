from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.services.plato.step_fault import AppliedStepFault


async def test_a_fault_fails_the_step_that_it_aims_at_until_it_is_removed(plato):
    fault = read_fault("plan-step-failure", {"step": "decide", "error": "no desk is open"})
    applied = AppliedFault("f1", fault, "plato", plato.clock, plato.context.facts)
    plato.service.step_faults.append(AppliedStepFault(applied))
    plan_id = await plato.plan()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    failed = await plato.finished(plan_id)
    assert (failed.status.value, failed.steps[2].error) == ("FAILED", "no desk is open")
    assert [step.status for step in failed.steps] == ["COMPLETED", "COMPLETED", "FAILED", "PENDING"]
    applied.remove()
    await plato.call("POST", f"/api/v1/plans/{plan_id}/execute")
    assert (await plato.finished(plan_id)).status.value == "COMPLETED"
    assert applied.hits == 1
