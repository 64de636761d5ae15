"""CAPSULE's tables. Every query has its index, and totals are kept with each write so that none needs a scan."""

from __future__ import annotations

__all__ = ["DAY_MS", "MINUTE_MS", "SCHEMA", "SCHEMA_VERSION"]

SCHEMA_VERSION = 2
MINUTE_MS = 60_000
DAY_MS = 86_400_000

SCHEMA = """
CREATE TABLE capsules (
    seq INTEGER PRIMARY KEY,
    capsule_id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    posted_key TEXT,        -- idempotency key of a POST; NULL for capsules made of events
    parent_id TEXT,
    has_counterfactual INTEGER NOT NULL,
    body TEXT NOT NULL      -- the capsule as REST shows it, JSON
);
CREATE INDEX capsules_by_time ON capsules (tenant, timestamp_ms);
CREATE INDEX capsules_by_scope ON capsules (tenant, scope_id, timestamp_ms);
CREATE INDEX capsules_by_creation ON capsules (tenant, created_ms);
CREATE UNIQUE INDEX capsules_by_key ON capsules (tenant, posted_key) WHERE posted_key IS NOT NULL;
CREATE INDEX capsules_by_parent ON capsules (tenant, parent_id, timestamp_ms) WHERE parent_id IS NOT NULL;
CREATE INDEX counterfactuals_by_scope ON capsules (tenant, scope_id, timestamp_ms) WHERE has_counterfactual;
CREATE INDEX counterfactuals_by_time ON capsules (tenant, timestamp_ms) WHERE has_counterfactual;

-- Capsules per tenant and scope ('' is all scopes), by day and by minute of their timestamp.
CREATE TABLE totals (
    tenant TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    size_ms INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    capsules INTEGER NOT NULL,
    PRIMARY KEY (tenant, scope_id, size_ms, bucket)
) WITHOUT ROWID;

-- POSTed capsules whose snapshot Kafka may not have yet, with the trace that the snapshot carries.
CREATE TABLE unpublished (
    seq INTEGER PRIMARY KEY,
    capsule_id TEXT NOT NULL UNIQUE,
    trace TEXT NOT NULL
);

-- Every record that was consumed, once for each place it stood at. `is_published`: Kafka has its snapshots.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    topic TEXT NOT NULL,
    identity TEXT NOT NULL, -- the event id, or a digest of the value where there is none
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT,
    event_id TEXT,
    outcome TEXT NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    request_id TEXT,
    correlation_id TEXT,
    trace_id TEXT,
    is_published INTEGER NOT NULL
);
CREATE INDEX events_by_identity ON events (tenant, topic, identity, partition, position);
CREATE INDEX events_by_time ON events (tenant, timestamp_ms);
CREATE TABLE event_totals (tenant TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID;
"""
