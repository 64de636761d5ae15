const { test } = require('node:test')
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const { Sandbox } = require('./sandbox')

const NODE = 'rim:entity:finance:EURUSD'

test('an event becomes a capsule', async () => {
  const sandbox = new Sandbox()
  const now = Date.now()
  await sandbox.publish('rim.fast-path', NODE, {
    rim_node_id: NODE,
    event_id: randomUUID(),
    instrument_id: null,
    vector_timestamp: { event_ts_ms: now, ingest_ts_ms: now, logical_clock: 0 },
    critical_metrics: {},
    price: 1.05,
    volume: null,
    stress: 0.1,
    status: 'OK',
    source_topic: null,
    metadata: null,
  })

  const snapshot = await sandbox.first('capsule.snapshots')
  assert.equal(snapshot.scope_id, NODE)

  const capsules = await sandbox.get('CAPSULE', `/api/v1/capsules?scopeId=${NODE}`)
  assert.deepEqual(capsules.map((each) => each.content.dynamics.price), [1.05])
})

test('another test sees nothing of it', async () => {
  assert.deepEqual(await new Sandbox().get('CAPSULE', `/api/v1/capsules?scopeId=${NODE}`), [])
})

test('a plan is followed to its end', async () => {
  const messages = await new Sandbox().stream('plan_123')
  const steps = messages.filter((each) => each.type === 'STEP_COMPLETED')
  assert.equal(steps.length, 4)
  assert.equal(messages.at(-1).type, 'PLAN_COMPLETED')
})
