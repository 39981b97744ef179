// @confluentinc/schemaregistry: its serializers and deserializers, rules, and ids in headers.
//
// Usage: node confluent.js BOOTSTRAP REGISTRY NAME
// Prints one line of JSON.
'use strict'

const {
  AvroDeserializer, AvroSerializer, CelExecutor, HeaderSchemaIdSerializer, JsonDeserializer, JsonSerializer,
  ProtobufDeserializer, ProtobufSerializer, SchemaRegistryClient, SerdeType,
} = require('@confluentinc/schemaregistry')
const { create, createFileRegistry, createMutableRegistry } = require('@bufbuild/protobuf')
const { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema, FileDescriptorSetSchema } =
  require('@bufbuild/protobuf/wkt')
const { through, refusal, run } = require('./through')

const [bootstrap, url, name] = process.argv.slice(2)
const client = () => new SchemaRegistryClient({ baseURLs: [url] })
const latest = { useLatestVersion: true, autoRegisterSchemas: false }

const avro = fields => JSON.stringify({
  type: 'record', name: 'Sale', namespace: 'shop',
  fields: [{ name: 'item', type: 'string' }, { name: 'sum', type: 'shop.Money' }, ...fields],
})
const json = properties => JSON.stringify({
  type: 'object', additionalProperties: false, required: ['item'],
  properties: { item: { type: 'string' }, sum: { $ref: `${name}-money.json` }, ...properties },
})

async function evolve(type, reference, first, second, bad, serializer, deserializer) {
  const registry = client()
  const topic = `${name}-${type.toLowerCase()}`
  const subject = `${topic}-value`
  const referred = `${topic}-money`
  await registry.register(referred, { schemaType: type, schema: reference.schema })
  const references = [{ name: reference.name, subject: referred, version: 1 }]
  const info = schema => ({ schemaType: type, schema, references })
  const id = await registry.register(subject, info(first))
  const same = await client().register(subject, info(first))
  const old = await serializer(client()).serialize(topic, { item: 'tea', sum: { cents: 250 } })
  const fits = await client().testSubjectCompatibility(subject, info(second))
  await registry.register(subject, info(second))
  const now = await serializer(client()).serialize(topic, { item: 'cake', sum: { cents: 250 }, note: 'fresh' })
  const doesNotFit = await client().testSubjectCompatibility(subject, info(bad))
  const refused = await refusal(() => client().register(subject, info(bad)))
  const missing = await refusal(() => client().getLatestSchemaMetadata(`${subject}-nobody`))
  const messages = await through(bootstrap, topic, [{ value: old }, { value: now }])
  const reader = deserializer(client())
  const decoded = []
  for (const message of messages) decoded.push(await reader.deserialize(topic, message.value))
  return {
    sameId: same === id,
    fits: `${fits}/${doesNotFit}`,
    decoded: decoded.map(value => `${value.item}/${value.sum.cents}/${value.note ?? ''}`).join(),
    refused: `${refused.name} ${refused.status} ${refused.code}`,
    missing: `${missing.name} ${missing.status} ${missing.code}`,
    versions: (await client().getAllVersions(subject)).join(),
  }
}

function field(fieldName, number, type, typeName) {
  const label = FieldDescriptorProto_Label.OPTIONAL
  return { name: fieldName, number, type, label, ...(typeName && { typeName }) }
}

// The files that a compiler would have made.
function files(more) {
  const { INT32, MESSAGE, STRING } = FieldDescriptorProto_Type
  const imported = `${name}-money.proto`
  const moneyFile = create(FileDescriptorProtoSchema, {
    name: imported, package: 'shop', syntax: 'proto3',
    messageType: [{ name: 'Money', field: [field('cents', 1, INT32)] }],
  })
  const saleFile = create(FileDescriptorProtoSchema, {
    name: `${name}-sale.proto`, package: 'shop', syntax: 'proto3', dependency: [imported],
    messageType: [
      { name: 'Other' },
      {
        name: 'Sale',
        field: [
          field('item', 1, STRING),
          field('sum', 2, MESSAGE, '.shop.Money'),
          ...more.map(type => field('note', 3, type)),
        ],
      },
    ],
  })
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [moneyFile, saleFile] }))
}

async function protobuf() {
  const { INT32, STRING } = FieldDescriptorProto_Type
  const topic = `${name}-protobuf`
  const encode = async (registered, value) => {
    const sale = registered.getMessage('shop.Sale')
    const registry = createMutableRegistry(registered.getMessage('shop.Money'), sale)
    const serializer = new ProtobufSerializer(client(), SerdeType.VALUE, { autoRegisterSchemas: true, registry })
    const sum = create(registered.getMessage('shop.Money'), { cents: 250 })
    return serializer.serialize(topic, create(sale, { ...value, sum }))
  }
  const old = await encode(files([]), { item: 'tea' })
  const now = await encode(files([STRING]), { item: 'cake', note: 'fresh' })
  const refused = await refusal(() => encode(files([INT32]), { item: 'pie', note: 3 }))
  const messages = await through(bootstrap, topic, [{ value: old }, { value: now }])
  const reader = new ProtobufDeserializer(client(), SerdeType.VALUE, {})
  const decoded = []
  for (const message of messages) decoded.push(await reader.deserialize(topic, message.value))
  const kept = await client().getLatestSchemaMetadata(`${topic}-value`)
  return {
    decoded: decoded.map(value => `${value.item}/${value.sum.cents}/${value.note ?? ''}`).join(),
    refused: `${refused.name} ${refused.status} ${refused.code}`,
    versions: (await client().getAllVersions(`${topic}-value`)).join(),
    references: kept.references.map(reference => reference.name === `${name}-money.proto`).join(),
    text: kept.schema.startsWith('syntax = "proto3";'),
  }
}

async function rules() {
  CelExecutor.register()
  const topic = `${name}-rules`
  await client().register(`${topic}-value`, {
    schemaType: 'AVRO',
    schema: JSON.stringify({ type: 'record', name: 'Paid', fields: [{ name: 'item', type: 'string' }] }),
    ruleSet: {
      domainRules: [{
        name: 'named', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: "message.item != ''", onFailure: 'ERROR',
      }],
    },
  })
  const serializer = new AvroSerializer(client(), SerdeType.VALUE, latest)
  const good = await serializer.serialize(topic, { item: 'tea' })
  const refused = await refusal(() => serializer.serialize(topic, { item: '' }))
  return { good: good.length > 5, refused: refused.name }
}

const avroItem = record => JSON.stringify({ type: 'record', name: record, fields: [{ name: 'item', type: 'string' }] })

// The mark is a GUID in a header, and the value is nothing but the data.
async function headers() {
  const topic = `${name}-headers`
  await client().register(`${topic}-value`, {
    schemaType: 'AVRO',
    schema: JSON.stringify({ type: 'record', name: 'Marked', fields: [{ name: 'item', type: 'string' }] }),
  })
  const conf = { ...latest, schemaIdSerializer: HeaderSchemaIdSerializer }
  const marks = {}
  const value = await new AvroSerializer(client(), SerdeType.VALUE, conf).serialize(topic, { item: 'tea' }, marks)
  const [message] = await through(bootstrap, topic, [{ value, headers: marks }])
  const read = await new AvroDeserializer(client(), SerdeType.VALUE, {}).deserialize(topic, message.value, message.headers)
  return { names: Object.keys(message.headers).join(), bytes: message.value.length, item: read.item }
}

// A topic's subject is another than its name says, because the registry says so: no strategy is set.
async function associations() {
  const topic = `${name}-associated`
  const subject = `${name}-shared`
  const schema = { schemaType: 'AVRO', schema: avroItem('Shared') }
  const resource = (resourceName, ...wanted) =>
    ({ resourceName, resourceNamespace: 'proof', resourceId: `${resourceName}-id`, resourceType: 'topic', associations: wanted })
  const of = resourceName => client().getAssociationsByResourceName(resourceName, '-', 'topic', ['value'], null, 0, -1)
  const serialize = () => {
    // Settings of its own: a serializer puts its strategy, and what that remembers, into what it is given.
    const conf = { useLatestVersion: true, autoRegisterSchemas: false }
    return new AvroSerializer(client(), SerdeType.VALUE, conf).serialize(topic, { item: 'tea' })
  }
  await client().register(subject, schema)
  const weak = { subject, associationType: 'value', lifecycle: 'WEAK' }
  const made = await client().createAssociation(resource(topic, weak))
  const value = await serialize()
  const [message] = await through(bootstrap, topic, [{ value }])
  const read = await new AvroDeserializer(client(), SerdeType.VALUE, {}).deserialize(topic, message.value)
  const blocked = await refusal(() => client().deleteSubject(subject))
  await client().deleteAssociations(`${topic}-id`, 'topic', null, false)
  const without = await refusal(serialize)

  const owner = `${name}-owner`
  const owned = await client().createAssociation(resource(owner, { associationType: 'value', schema }))
  const frozen = await refusal(() => client().deleteAssociations(`${owner}-id`, 'topic', null, false))
  await client().deleteAssociations(`${owner}-id`, 'topic', null, true)
  return {
    made: made.associations.map(one => `${one.subject === subject}/${one.lifecycle}`).join(),
    item: read.item,
    blocked: `${blocked.status} ${blocked.code}`,
    left: (await of(topic)).length,
    without: without.name,
    owned: owned.associations.map(one => `${one.subject === `:.proof:${owner}-value`}/${one.lifecycle}`).join(),
    frozen: `${frozen.status} ${frozen.code}`,
    gone: (await of(owner)).length === 0 && !(await client().getAllSubjects()).some(one => one.includes(owner)),
  }
}

run(async () => ({
  AVRO: await evolve(
    'AVRO',
    {
      name: 'shop.Money',
      schema: JSON.stringify({ type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'long' }] }),
    },
    avro([]),
    avro([{ name: 'note', type: 'string', default: '' }]),
    avro([{ name: 'note', type: 'string' }, { name: 'more', type: 'long' }]),
    registry => new AvroSerializer(registry, SerdeType.VALUE, latest),
    registry => new AvroDeserializer(registry, SerdeType.VALUE, {})),
  JSON: await evolve(
    'JSON',
    {
      name: `${name}-money.json`,
      schema: JSON.stringify({ type: 'object', properties: { cents: { type: 'integer' } } }),
    },
    json({}),
    json({ note: { type: 'string' } }),
    json({ item: { type: 'integer' } }),
    registry => new JsonSerializer(registry, SerdeType.VALUE, { ...latest, validate: true }),
    registry => new JsonDeserializer(registry, SerdeType.VALUE, { validate: true })),
  PROTOBUF: await protobuf(),
  rules: await rules(),
  headers: await headers(),
  associations: await associations(),
}))
