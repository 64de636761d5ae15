"""The routes about faults."""

from __future__ import annotations

from sandbox.contracts.fault_request import FaultRequest
from sandbox.control.fault_models import AppliedFault, FaultKindList, FaultList
from sandbox.control.route import Route

__all__ = ["FAULT_ROUTES"]

FAULT_ROUTES = (
    Route("GET", "/v1/faults", "faults", "Every fault of the services", FaultList, tag="faults"),
    Route(
        "POST", "/v1/faults", "add_fault", "Make something of a service go wrong until it is removed", AppliedFault,
        body=FaultRequest, status=201, tag="faults",
    ),
    Route("GET", "/v1/faults/kinds", "fault_kinds", "Every kind with its parameters", FaultKindList, tag="faults"),
    Route("DELETE", "/v1/faults", "remove_faults", "Remove every fault", FaultList, tag="faults"),
    Route("DELETE", "/v1/faults/{id}", "remove_fault", "Remove a fault", AppliedFault, tag="faults"),
)  # fmt: skip
