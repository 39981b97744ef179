// librdkafka of today, through Confluent's JavaScript client, in a group of the KIP-848 protocol:
// members come and go, and what one of them loses the other gets.
//
// Usage: node groups.js BOOTSTRAP TOPIC GROUP
// The topic has two partitions and holds one record ("from-java"). Prints one line of JSON.
'use strict'

const { KafkaJS, librdkafkaVersion } = require('@confluentinc/kafka-javascript')

const [bootstrap, topic, group] = process.argv.slice(2)
const PER_CODEC = 200
const DEADLINE = Date.now() + 50_000

const kafka = new KafkaJS.Kafka({ 'bootstrap.servers': bootstrap, log_level: 3 })
const seen = []
const commits = {}

async function until(what, holds) {
  while (!holds()) {
    if (Date.now() > DEADLINE) throw new Error(`out of time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function join() {
  const consumer = kafka.consumer({
    'group.id': group,
    'group.protocol': 'consumer',
    'auto.offset.reset': 'earliest',
    'enable.auto.commit': false,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      seen.push(message.value.toString())
      const offset = Number(message.offset) + 1
      await consumer.commitOffsets([{ topic, partition, offset: `${offset}` }])
      commits[partition] = Math.max(commits[partition] ?? 0, offset)
    },
  })
  return consumer
}

async function produce(codec, round) {
  const producer = kafka.producer({ 'compression.codec': codec, 'enable.idempotence': true })
  await producer.connect()
  const sent = await Promise.all(
    Array.from({ length: PER_CODEC }, (_, i) =>
      producer.send({ topic, messages: [{ partition: i % 2, value: `${codec}-${round}-${i}` }] })))
  await producer.disconnect()
  return sent.length
}

async function main() {
  const first = await join()
  await until('the first member has all', () => first.assignment().length === 2)
  await until('the first record', () => seen.length === 1)

  const second = await join()
  await until('the members share', () =>
    first.assignment().length === 1 && second.assignment().length === 1)
  const shared = [...first.assignment(), ...second.assignment()].map(a => a.partition).sort()
  let acknowledged = 0
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) acknowledged += await produce(codec, 1)
  await until('both read', () => seen.length === acknowledged + 1)

  await second.disconnect()
  await until('the first member has all again', () => first.assignment().length === 2)
  acknowledged += await produce('none', 2)
  await until('one reads for both', () => seen.length === acknowledged + 1)
  await first.disconnect()

  console.log(
    JSON.stringify({
      version: librdkafkaVersion,
      shared,
      acknowledged,
      seen: seen.length,
      distinct: new Set(seen).size,
      fromJava: seen.includes('from-java'),
      committed: Object.values(commits).reduce((sum, offset) => sum + offset, 0),
    }))
}

main().then(
  () => process.exit(0),
  failure => {
    console.error(failure)
    process.exit(1)
  })
