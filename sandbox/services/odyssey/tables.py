"""ODYSSEY's tables and the indexes its queries need."""

__all__ = ["SCHEMA"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS entities (
    tenant TEXT, entity_id TEXT, stress REAL, updated_at_ms INTEGER, body TEXT, PRIMARY KEY (tenant, entity_id));
CREATE INDEX IF NOT EXISTS entities_by_stress ON entities (tenant, stress);
CREATE INDEX IF NOT EXISTS entities_by_time ON entities (tenant, updated_at_ms);
CREATE TABLE IF NOT EXISTS paths (
    tenant TEXT, path_id TEXT, entity_id TEXT, horizon TEXT, weight REAL, updated_at_ms INTEGER, body TEXT,
    PRIMARY KEY (tenant, path_id));
CREATE INDEX IF NOT EXISTS paths_by_entity ON paths (tenant, entity_id, weight);
CREATE INDEX IF NOT EXISTS paths_by_weight ON paths (tenant, weight);
CREATE TABLE IF NOT EXISTS actors (tenant TEXT, actor_id TEXT, body TEXT, PRIMARY KEY (tenant, actor_id));
CREATE TABLE IF NOT EXISTS strategies (tenant TEXT, strategy_id TEXT, body TEXT, PRIMARY KEY (tenant, strategy_id));
CREATE TABLE IF NOT EXISTS episodes (
    tenant TEXT, episode_id TEXT, entity_id TEXT, at_ms INTEGER, body TEXT, PRIMARY KEY (tenant, episode_id));
CREATE INDEX IF NOT EXISTS episodes_by_time ON episodes (tenant, at_ms);
CREATE INDEX IF NOT EXISTS episodes_by_entity ON episodes (tenant, entity_id, at_ms);
CREATE TABLE IF NOT EXISTS handled (
    number INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT, topic TEXT, identity TEXT, place TEXT, stage TEXT,
    plan_id TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS handled_by_identity ON handled (tenant, topic, identity, place);
"""
