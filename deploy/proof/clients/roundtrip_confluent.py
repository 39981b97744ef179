"""librdkafka through Python: creates a topic, writes with every codec, reads it as a group.

Usage: roundtrip_confluent.py BOOTSTRAP TOPIC GROUP
The topic holds one record already ("from-java"). Prints one line of JSON.
"""

import json
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, libversion
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

bootstrap, topic, group = sys.argv[1:]
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
PER_CODEC = 200
DEADLINE = time.monotonic() + 50


def until_deadline():
    if time.monotonic() > DEADLINE:
        sys.exit("out of time")


def administer():
    admin = AdminClient({"bootstrap.servers": bootstrap})
    name = topic + "-made-by-librdkafka"
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])[name].result(20)
    resource = ConfigResource("topic", name, set_config={"retention.ms": "123456"})
    admin.alter_configs([resource])[resource].result(20)
    described = admin.describe_configs([ConfigResource("topic", name)])
    retention = next(iter(described.values())).result(20)["retention.ms"].value
    admin.create_partitions([NewPartitions(name, 3)])[name].result(20)
    while len(admin.list_topics(name, 10).topics[name].partitions) != 3:
        until_deadline()
    admin.delete_topics([name])[name].result(20)
    while name in admin.list_topics(timeout=10).topics:
        until_deadline()
    return retention


def produce():
    acknowledged = []

    def on_delivery(error, message):
        if error is not None:
            raise KafkaException(error)
        acknowledged.append(message.offset())

    for codec in CODECS:
        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.codec": codec,
                "enable.idempotence": True,
                "linger.ms": 20,
            }
        )
        for i in range(PER_CODEC):
            producer.produce(
                topic,
                key=f"key-{i}",
                value=f"{codec}-{i}-" + "payload " * 20,
                headers=[("codec", codec)],
                on_delivery=on_delivery,
            )
        if producer.flush(20) != 0:
            sys.exit("not everything was acknowledged")
    return len(acknowledged)


def consume(expected):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "check.crcs": True,
        }
    )
    consumer.subscribe([topic])
    seen = []
    while len(seen) < expected:
        until_deadline()
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        seen.append((message.value() or b"").decode().split("-payload")[0])
    consumer.commit(asynchronous=False)
    assigned = consumer.assignment()
    committed = sum(p.offset for p in consumer.committed(assigned, timeout=10) if p.offset > 0)
    ends = sum(consumer.get_watermark_offsets(p, timeout=10)[1] for p in assigned)
    by_time = consumer.offsets_for_times([TopicPartition(topic, 0, 1)], timeout=10)[0].offset
    consumer.close()
    return seen, committed, ends, by_time


retention = administer()
acknowledged = produce()
seen, committed, ends, by_time = consume(acknowledged + 1)
print(
    json.dumps(
        {
            "version": libversion()[0],
            "retention": retention,
            "acknowledged": acknowledged,
            "seen": len(seen),
            "distinct": len(set(seen)),
            "fromJava": "from-java" in seen,
            "committed": committed,
            "ends": ends,
            "firstByTime": by_time,
        }
    )
)
