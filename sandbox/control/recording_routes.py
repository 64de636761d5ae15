"""The routes about recordings."""

from __future__ import annotations

from sandbox.control.recording_models import FinishedRecording, Recording, RecordingRequest
from sandbox.control.route import Route

__all__ = ["RECORDING_ROUTES"]

RECORDING_ROUTES = (
    Route(
        "POST", "/v1/recordings", "start_recording", "Record what comes into the sandbox from outside", Recording,
        body=RecordingRequest, status=201, tag="recordings",
    ),
    Route("GET", "/v1/recordings/{id}", "recording", "How much is recorded; ask within a minute", Recording,
          tag="recordings"),
    Route("DELETE", "/v1/recordings/{id}", "finish_recording", "End it once the services are done, and get it",
          FinishedRecording, tag="recordings"),
)  # fmt: skip
