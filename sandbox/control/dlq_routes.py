"""The routes about dead letters."""

from __future__ import annotations

from sandbox.control import dlq_models as models
from sandbox.control.route import Route

__all__ = ["DLQ_ROUTES"]

DLQ_ROUTES = (
    Route("GET", "/v1/dlq", "dlq_topics", "DLQ topics with their depth", models.DlqTopicList, tag="dlq"),
    Route(
        "GET", "/v1/dlq/{topic}", "dead_letters", "List dead letters of a topic and how they stand",
        models.DeadLetterPage, query=models.DlqQuery, tag="dlq",
    ),
    Route(
        "GET", "/v1/dlq/{topic}/{id}", "dead_letter", "One dead letter with its content", models.DeadLetter, tag="dlq"
    ),
    Route(
        "POST", "/v1/dlq/{topic}/replay", "replay_dead_letters", "Begin a replay; 200 for a dry run", models.Replay,
        body=models.ReplayRequest, status=201, tag="dlq",
    ),
    Route(
        "POST", "/v1/dlq/{topic}/{id}/replay", "replay_edited", "Replay one dead letter, changed; 200 for a dry run",
        models.Replay, body=models.EditedReplayRequest, status=201, tag="dlq",
    ),
    Route(
        "POST", "/v1/dlq/{topic}/purge", "purge_dead_letters", "Give dead letters up for good", models.Purged,
        body=models.PurgeRequest, tag="dlq",
    ),
    Route("GET", "/v1/dlq-replays", "replays", "The newest replays", models.ReplayList, tag="dlq"),
    Route("GET", "/v1/dlq-replays/{replay}", "replay", "How a replay stands", models.Replay, tag="dlq"),
    Route("DELETE", "/v1/dlq-replays/{replay}", "stop_replay", "Stop a replay", models.Replay, tag="dlq"),
    Route(
        "GET", "/v1/dlq-automatic", "automatic_replay", "Whether dead letters are replayed automatically",
        models.AutomaticReplay, tag="dlq",
    ),
    Route(
        "PUT", "/v1/dlq-automatic", "set_automatic_replay", "Switch automatic replay on or off",
        models.AutomaticReplay, body=models.AutomaticReplay, tag="dlq",
    ),
)  # fmt: skip
