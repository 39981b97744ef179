// Sends values through a topic with KafkaJS, and gives back what a consumer gets.
'use strict'

const { Kafka, logLevel } = require('kafkajs')

async function through(bootstrap, topic, messages) {
  const kafka = new Kafka({ clientId: 'proof-schemas', brokers: [bootstrap], logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, acks: -1, messages })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: `${topic}-group` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const read = []
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer
      .run({
        eachMessage: async ({ message }) => {
          read.push(message)
          if (read.length === messages.length) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return read
}

// What a call throws: its name, and what the registry said.
async function refusal(call) {
  try {
    await call()
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.errorCode ?? null }
  }
  throw new Error('nothing was refused')
}

function run(main) {
  main().then(
    facts => {
      console.log(JSON.stringify(facts))
      process.exit(0)
    },
    failure => {
      console.error(failure)
      process.exit(1)
    })
}

module.exports = { through, refusal, run }
