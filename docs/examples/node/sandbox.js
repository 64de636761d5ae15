// The sandbox for one test: where it is, by the variables of `sandbox exec`, and a tenant that nobody else is.
const { randomUUID } = require('node:crypto')
const { Kafka, logLevel } = require('kafkajs')
const { SchemaRegistry } = require('@kafkajs/confluent-schema-registry')

const address = (variable) => {
  const value = process.env[variable]
  if (!value) throw new Error(`${variable} is not set: run me by \`sandbox exec -- npm test\``)
  return value
}

class Sandbox {
  constructor() {
    this.tenant = `node-${randomUUID()}`
    this.headers = { 'X-Tenant-ID': this.tenant }
    this.kafka = new Kafka({ brokers: [address('KAFKA_BOOTSTRAP_SERVERS')], logLevel: logLevel.NOTHING })
    this.registry = new SchemaRegistry({ host: address('SCHEMA_REGISTRY_URL') })
  }

  // What the envelope of an answer holds.
  async get(service, path) {
    const answer = await fetch(address(`${service}_URL`) + path, { headers: this.headers })
    if (!answer.ok) throw new Error(`${answer.url} → ${answer.status} ${await answer.text()}`)
    return (await answer.json()).data
  }

  async publish(topic, key, value) {
    const id = await this.registry.getLatestSchemaId(`${topic}-value`)
    const producer = this.kafka.producer()
    await producer.connect()
    const message = { key, value: await this.registry.encode(id, value), headers: this.headers }
    await producer.send({ topic, acks: -1, messages: [message] })
    await producer.disconnect()
  }

  // The first record of this tenant on a topic, decoded.
  async first(topic, withinMs = 30_000) {
    const consumer = this.kafka.consumer({ groupId: `${this.tenant}.tests` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    let timer
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no record of ${topic} within ${withinMs} ms`)), withinMs)
        consumer.run({
          eachMessage: async ({ message }) => {
            if (message.headers['X-Tenant-ID']?.toString() === this.tenant) {
              resolve(await this.registry.decode(message.value))
            }
          },
        })
      })
    } finally {
      clearTimeout(timer)
      await consumer.disconnect()
    }
  }

  // The messages of a plan's stream up to the one that ends it.
  stream(plan) {
    const socket = new WebSocket(`${address('PLATO_WS_URL')}/ws/plans/${plan}`)
    return new Promise((resolve, reject) => {
      const messages = []
      socket.onerror = () => reject(new Error('the stream broke'))
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data)
        messages.push(message)
        if (['PLAN_COMPLETED', 'PLAN_FAILED'].includes(message.type)) {
          socket.close()
          resolve(messages)
        }
      }
    })
  }
}

module.exports = { Sandbox }
