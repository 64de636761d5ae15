// KafkaJS's registry client doing with a registry what a client can: `node client.js URL`; prints one JSON object.
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')

const event = {
  type: 'record',
  name: 'Event',
  namespace: 'com.example',
  fields: [{ name: 'id', type: 'string' }, { name: 'price', type: ['null', 'double'], default: null }],
}
const order = { title: 'Order', type: 'object', properties: { amount: { type: 'integer' } }, required: ['amount'] }
const line = 'syntax = "proto3"; package shop; message Line { string name = 1; int32 count = 2; }'

async function main() {
  const auth = { username: 'ann', password: 'secret' }
  const host = process.argv[2]
  const registry = new SchemaRegistry({ host, auth, retry: { retries: 0 } })
  const written = {}
  for (const [type, schema, subject, value] of [
    [SchemaType.AVRO, JSON.stringify(event), 'events/é-value', { id: 'é', price: 1.5 }],
    [SchemaType.JSON, JSON.stringify(order), 'orders-value', { amount: 3 }],
    [SchemaType.PROTOBUF, line, 'lines-value', { name: 'é', count: 2 }],
  ]) {
    const { id } = await registry.register({ type, schema }, { subject })
    const data = await registry.encode(id, value)
    const read = await new SchemaRegistry({ host, auth }).decode(data)
    const latest = await registry.getLatestSchemaId(subject)
    const found = await registry.getRegistryId(subject, 1)
    written[type] = { id, latest, found, data: data.toString('base64'), read }
  }
  const breaking = { ...event, fields: [{ name: 'other', type: 'string' }] }
  const refused = async call => {
    try {
      await call()
      return null
    } catch (error) {
      return [error.name, error.status ?? null]
    }
  }
  const incompatible = await refused(() =>
    registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(breaking) }, { subject: 'events/é-value' }))
  const stranger = await refused(() => new SchemaRegistry({ host, retry: { retries: 0 } }).getLatestSchemaId('orders-value'))
  console.log(JSON.stringify({ written, incompatible, stranger }))
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
