"""kafka-python, a client written from scratch in Python: writes with every codec, reads as a group.

Usage: roundtrip_kafka_python.py BOOTSTRAP TOPIC GROUP
The topic holds one record already ("from-java"). Prints one line of JSON.
"""

import json
import sys

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

bootstrap, topic, group = sys.argv[1:]
CODECS = [None, "gzip", "snappy", "lz4", "zstd"]
PER_CODEC = 200


def administer():
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    name = topic + "-made-by-kafka-python"
    admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
    found = name in admin.list_topics()
    admin.delete_topics([name])
    admin.close()
    return found


def produce():
    acknowledged = 0
    for codec in CODECS:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, compression_type=codec, acks="all", linger_ms=20
        )
        sent = [
            producer.send(
                topic,
                key=f"key-{i}".encode(),
                value=f"{codec}-{i}-".encode() + b"payload " * 20,
                headers=[("codec", str(codec).encode())],
            )
            for i in range(PER_CODEC)
        ]
        for record in sent:
            record.get(timeout=20)
            acknowledged += 1
        producer.close(timeout=20)
    return acknowledged


def consume(expected):
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=20_000,
        check_crcs=True,
    )
    seen = []
    for record in consumer:
        seen.append(record.value.decode().split("-payload")[0])
        if len(seen) == expected:
            break
    consumer.commit()
    assigned = consumer.assignment()
    committed = sum(consumer.committed(p) or 0 for p in assigned)
    ends = sum(consumer.end_offsets(list(assigned)).values())
    by_time = consumer.offsets_for_times({TopicPartition(topic, 0): 1})
    first = by_time[TopicPartition(topic, 0)]
    consumer.close(autocommit=False)
    return seen, committed, ends, first.offset if first else -1


created = administer()
acknowledged = produce()
seen, committed, ends, by_time = consume(acknowledged + 1)
print(
    json.dumps(
        {
            "version": kafka.__version__,
            "created": created,
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
