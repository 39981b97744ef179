// KafkaJS, a client written from scratch in JavaScript: writes with every codec, reads as a group.
//
// Usage: node roundtrip.js BOOTSTRAP TOPIC GROUP
// The topic holds one record already ("from-java"). Prints one line of JSON.
'use strict'

const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
const lz4 = require('lz4js')
const xxh32 = require('lz4js/xxh32')
const snappy = require('snappyjs')
const { ZstdCodec } = require('zstd-codec')

const [bootstrap, topic, group] = process.argv.slice(2)
const PER_CODEC = 200
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])

// Kafka's Java client wraps snappy blocks in a frame of its own; others write one bare block.
function decompressSnappy(buffer) {
  if (!buffer.subarray(0, 8).equals(XERIAL_HEADER.subarray(0, 8))) {
    return Buffer.from(snappy.uncompress(buffer))
  }
  const blocks = []
  for (let at = XERIAL_HEADER.length; at < buffer.length; ) {
    const size = buffer.readInt32BE(at)
    blocks.push(Buffer.from(snappy.uncompress(buffer.subarray(at + 4, at + 4 + size))))
    at += 4 + size
  }
  return Buffer.concat(blocks)
}

// Kafka takes independent blocks only. lz4js declares dependent ones, though up to 4 MiB it writes a
// single block, which depends on nothing: the flag is set and the header's checksum made anew.
function compressLz4(buffer) {
  const frame = Buffer.from(lz4.compress(buffer))
  frame[4] |= 0x20
  frame[6] = (xxh32.hash(0, frame, 4, 2) >> 8) & 0xff
  return frame
}

function registerCodecs(zstd) {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async encoder => Buffer.from(snappy.compress(encoder.buffer)),
    decompress: async buffer => decompressSnappy(buffer),
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async encoder => compressLz4(encoder.buffer),
    decompress: async buffer => Buffer.from(lz4.decompress(buffer)),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async encoder => Buffer.from(zstd.compress(encoder.buffer)),
    decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
  })
}

async function administer(kafka) {
  const admin = kafka.admin()
  await admin.connect()
  const name = `${topic}-made-by-kafkajs`
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 2, replicationFactor: 1 }] })
  const created = (await admin.listTopics()).includes(name)
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name, configEntries: [{ name: 'retention.ms', value: '123456' }] }],
  })
  const described = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] })
  const retention = described.resources[0].configEntries.find(e => e.configName === 'retention.ms').configValue
  await admin.deleteTopics({ topics: [name] })
  await admin.disconnect()
  return { created, retention }
}

async function produce(kafka) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }
  for (const [name, compression] of Object.entries(codecs)) {
    await producer.send({
      topic,
      acks: -1,
      compression,
      messages: Array.from({ length: PER_CODEC }, (_, i) => ({
        key: `key-${i}`,
        value: `${name}-${i}-${'payload '.repeat(20)}`,
        headers: { codec: name },
      })),
    })
  }
  await producer.disconnect()
  return Object.keys(codecs).length * PER_CODEC
}

async function consume(kafka, expected) {
  const consumer = kafka.consumer({ groupId: group })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const seen = []
  const ends = {}
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          seen.push(message.value.toString().split('-payload')[0])
          ends[partition] = Number(message.offset) + 1
          if (seen.length === expected) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.commitOffsets(
    Object.entries(ends).map(([partition, offset]) => ({ topic, partition: Number(partition), offset: `${offset}` })))
  await consumer.disconnect()
  return seen
}

async function offsets(kafka) {
  const admin = kafka.admin()
  await admin.connect()
  const [fetched] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  const committed = fetched.partitions.reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0)
  const ends = (await admin.fetchTopicOffsets(topic)).reduce((sum, p) => sum + Number(p.high), 0)
  const byTime = await admin.fetchTopicOffsetsByTimestamp(topic, 1)
  await admin.deleteGroups([group])
  await admin.disconnect()
  return { committed, ends, firstByTime: Number(byTime.find(p => p.partition === 0).offset) }
}

async function main() {
  registerCodecs(await new Promise(resolve => ZstdCodec.run(zstd => resolve(new zstd.Simple()))))
  const kafka = new Kafka({ clientId: 'proof-kafkajs', brokers: [bootstrap], logLevel: logLevel.ERROR })
  const administered = await administer(kafka)
  const acknowledged = await produce(kafka)
  const seen = await consume(kafka, acknowledged + 1)
  const found = await offsets(kafka)
  console.log(
    JSON.stringify({
      version: require('kafkajs/package.json').version,
      ...administered,
      acknowledged,
      seen: seen.length,
      distinct: new Set(seen).size,
      fromJava: seen.includes('from-java'),
      ...found,
    }))
}

main().then(
  () => process.exit(0),
  failure => {
    console.error(failure)
    process.exit(1)
  })
