"""PLATO's tables and the indexes its queries need."""

__all__ = ["SCHEMA"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS plans (
    tenant TEXT, plan_id TEXT, status TEXT, created_at_ms INTEGER, name TEXT, body TEXT, PRIMARY KEY (tenant, plan_id));
CREATE INDEX IF NOT EXISTS plans_by_time ON plans (tenant, created_at_ms);
CREATE INDEX IF NOT EXISTS plans_by_status ON plans (tenant, status, created_at_ms);
CREATE TABLE IF NOT EXISTS specs (
    tenant TEXT, spec_id TEXT, type TEXT, created_at_ms INTEGER, name TEXT, body TEXT, PRIMARY KEY (tenant, spec_id));
CREATE INDEX IF NOT EXISTS specs_by_type ON specs (tenant, type, created_at_ms);
CREATE TABLE IF NOT EXISTS artifacts (
    tenant TEXT, artifact_id TEXT, spec_id TEXT, plan_id TEXT, run_id TEXT, type TEXT, created_at_ms INTEGER, name TEXT,
    body TEXT, PRIMARY KEY (tenant, artifact_id));
CREATE INDEX IF NOT EXISTS artifacts_by_spec ON artifacts (tenant, spec_id, created_at_ms);
CREATE TABLE IF NOT EXISTS policies (
    tenant TEXT, policy_id TEXT, category TEXT, priority INTEGER, body TEXT, PRIMARY KEY (tenant, policy_id));
CREATE TABLE IF NOT EXISTS governance (
    tenant TEXT, entity_id TEXT, body TEXT, PRIMARY KEY (tenant, entity_id));
CREATE TABLE IF NOT EXISTS feedback (
    tenant TEXT, feedback_id TEXT, decision_id TEXT, body TEXT, PRIMARY KEY (tenant, feedback_id));
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, tenant TEXT, plan_id TEXT, number INTEGER, mode TEXT, state TEXT, started_at_ms INTEGER,
    finished_at_ms INTEGER, trace TEXT, UNIQUE (tenant, plan_id, number));
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE TABLE IF NOT EXISTS run_messages (
    run_id TEXT, sequence INTEGER, body TEXT, PRIMARY KEY (run_id, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, key TEXT, value TEXT, trace TEXT);
CREATE TABLE IF NOT EXISTS decisions (
    tenant TEXT, decision_id TEXT, plan_id TEXT, PRIMARY KEY (tenant, decision_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumed (
    position TEXT PRIMARY KEY) WITHOUT ROWID;
"""
