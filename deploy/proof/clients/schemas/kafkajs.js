// @kafkajs/confluent-schema-registry: registers, encodes, sends, reads and decodes in three languages.
//
// Usage: node kafkajs.js BOOTSTRAP REGISTRY NAME
// Prints one line of JSON.
'use strict'

const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')
const { through, refusal, run } = require('./through')

const [bootstrap, host, name] = process.argv.slice(2)

const money = { type: 'record', name: 'Money', namespace: 'shop', fields: [{ name: 'cents', type: 'long' }] }
const avro = fields => JSON.stringify({
  type: 'record', name: 'Sale', namespace: 'shop',
  fields: [{ name: 'item', type: 'string' }, { name: 'sum', type: 'shop.Money' }, ...fields],
})
const json = properties => JSON.stringify({
  type: 'object', additionalProperties: false, required: ['item'],
  properties: { item: { type: 'string' }, sum: { $ref: `${name}-money.json` }, ...properties },
})
const proto = (item, more) =>
  `syntax = "proto3"; package shop; import "${name}-money.proto";
   message Sale { ${item} item = 1; Money sum = 2; ${more} }`

// Each language: what is referred to, a first version, a second, one that must be refused.
const languages = {
  [SchemaType.AVRO]: {
    reference: { name: 'shop.Money', schema: JSON.stringify(money) },
    first: avro([]),
    second: avro([{ name: 'note', type: 'string', default: 'none' }]),
    bad: avro([{ name: 'more', type: 'long' }]),
    sum: { cents: 250 },
  },
  [SchemaType.JSON]: {
    reference: {
      name: `${name}-money.json`,
      schema: JSON.stringify({
        $id: `${name}-money.json`, type: 'object', properties: { cents: { type: 'integer' } },
      }),
    },
    first: json({}),
    second: json({ note: { type: 'string' } }),
    bad: json({}).replace('"required":["item"]', '"required":["item","sum"]'),
    sum: { cents: 250 },
  },
  [SchemaType.PROTOBUF]: {
    reference: {
      name: `${name}-money.proto`,
      schema: 'syntax = "proto3"; package shop; message Money { int32 cents = 1; }',
    },
    first: proto('string', ''),
    second: proto('string', 'string note = 3;'),
    bad: proto('Money', ''),
    sum: { cents: 250 },
  },
}

async function roundtrip(type, { reference, first, second, bad, sum }) {
  const registry = new SchemaRegistry({ host })
  const subject = `${name}-${type.toLowerCase()}-value`
  const referred = `${name}-${type.toLowerCase()}-money`
  await registry.register({ type, schema: reference.schema }, { subject: referred })
  const references = [{ name: reference.name, subject: referred, version: 1 }]
  const { id } = await registry.register({ type, schema: first, references }, { subject })
  const again = await registry.register({ type, schema: first, references }, { subject })
  const old = await registry.encode(id, { item: 'tea', sum })
  const evolved = await registry.register({ type, schema: second, references }, { subject })
  const now = await registry.encode(evolved.id, { item: 'cake', sum, note: 'fresh' })
  const refused = await refusal(() => registry.register({ type, schema: bad, references }, { subject }))
  const invalid = await refusal(async () => registry.getRegistryId(subject, 77))
  const messages = await through(bootstrap, `${name}-${type.toLowerCase()}`, [{ value: old }, { value: now }])
  const reader = new SchemaRegistry({ host }) // knows nothing yet
  const decoded = []
  for (const message of messages) decoded.push(await reader.decode(message.value))
  return {
    framed: messages.every(message => message.value[0] === 0),
    sameId: again.id === id,
    ids: messages.map(message => message.value.readInt32BE(1)).join() === [id, evolved.id].join(),
    latest: (await reader.getLatestSchemaId(subject)) === evolved.id,
    decoded: decoded.map(value => `${value.item}/${Number(value.sum.cents)}/${value.note ?? ''}`).join(),
    refused: `${refused.name} ${refused.status}`,
    missing: `${invalid.name} ${invalid.status}`,
  }
}

run(async () => {
  const facts = {}
  for (const [type, language] of Object.entries(languages)) facts[type] = await roundtrip(type, language)
  return facts
})
