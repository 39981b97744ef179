"""confluent-kafka's schema registry client for Python, and its serializers for JSON and Protobuf.

Usage: schemas_confluent.py BOOTSTRAP REGISTRY NAME
Prints one line of JSON.
"""

import json
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
)
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

bootstrap, url, name = sys.argv[1:]
DEADLINE = time.monotonic() + 50


def client():
    return SchemaRegistryClient({"url": url})


def refusal(call):
    try:
        call()
    except SchemaRegistryError as error:
        return f"{type(error).__name__} {error.http_status_code} {error.error_code}"
    raise AssertionError("nothing was refused")


def through(topic, values):
    producer = Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topic, value=value)
    if producer.flush(20) != 0:
        sys.exit("not everything was acknowledged")
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": topic + "-group",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    read = []
    while len(read) < len(values):
        if time.monotonic() > DEADLINE:
            sys.exit("out of time")
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        read.append(message.value())
    consumer.close()
    return read


def avro():
    def sale(*fields):
        base = [{"name": "item", "type": "string"}, {"name": "sum", "type": "shop.Money"}]
        record = {"type": "record", "name": "shop.Sale", "fields": base + list(fields)}
        return Schema(json.dumps(record), "AVRO", [SchemaReference("shop.Money", f"{name}-money", 1)])

    money = {"type": "record", "name": "shop.Money", "fields": [{"name": "cents", "type": "long"}]}
    subject = f"{name}-avro-value"
    registry = client()
    registry.register_schema(f"{name}-money", Schema(json.dumps(money), "AVRO"))
    first = registry.register_schema(subject, sale())
    again = client().register_schema(subject, sale())
    second = sale({"name": "note", "type": "string", "default": ""})
    bad = sale({"name": "note", "type": "string"}, {"name": "more", "type": "long"})
    fits = client().test_compatibility(subject, second)
    registry.register_schema(subject, second)
    found = client().get_schema(first)
    return {
        "sameId": first == again,
        "fits": f"{fits}/{client().test_compatibility(subject, bad)}",
        "refused": refusal(lambda: client().register_schema(subject, bad)),
        "missing": refusal(lambda: client().get_latest_version(f"{name}-nobody")),
        "versions": client().get_versions(subject),
        "looked": client().lookup_schema(subject, second).version,
        "level": client().get_compatibility(),
        "set": client().set_compatibility(subject, "FULL")["compatibility"],
        "references": [reference.subject == f"{name}-money" for reference in found.references],
        "listed": subject in client().get_subjects(),
        "deleted": client().delete_subject(subject, permanent=True),
    }


def json_schema():
    def text(**properties):
        return json.dumps(
            {
                "title": "Sale",
                "type": "object",
                "additionalProperties": False,
                "properties": {"item": {"type": "string"}, **properties},
            }
        )

    topic = f"{name}-json"
    context = SerializationContext(topic, MessageField.VALUE)
    old = JSONSerializer(text(), client())({"item": "tea"}, context)
    evolved = text(note={"type": "string"})
    now = JSONSerializer(evolved, client())({"item": "cake", "note": "fresh"}, context)
    bad = text(note={"type": "integer"})
    decode = JSONDeserializer(evolved)
    read = [decode(value, context) for value in through(topic, [old, now])]
    return {
        "decoded": [f"{value['item']}/{value.get('note', '')}" for value in read],
        "refused": refusal(
            lambda: JSONSerializer(bad, client())({"item": "pie", "note": 3}, context)
        ),
    }


def message_type(note=None):
    """A message as a compiler would have made it."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="shop", syntax="proto3")
    message = file.message_type.add(name="Sale")
    string = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
    optional = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
    message.field.add(name="item", number=1, type=string, label=optional)
    if note is not None:
        message.field.add(name="note", number=2, type=note, label=optional)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName("shop.Sale")
    return message_factory.MessageFactory(pool).GetPrototype(found)


def protobuf():
    topic = f"{name}-protobuf"
    context = SerializationContext(topic, MessageField.VALUE)
    first = message_type()
    second = message_type(descriptor_pb2.FieldDescriptorProto.TYPE_STRING)
    bad = message_type(descriptor_pb2.FieldDescriptorProto.TYPE_INT32)
    old = ProtobufSerializer(first, client())(first(item="tea"), context)
    now = ProtobufSerializer(second, client())(second(item="cake", note="fresh"), context)
    decode = ProtobufDeserializer(second)
    read = [decode(value, context) for value in through(topic, [old, now])]
    return {
        "decoded": [f"{value.item}/{value.note}" for value in read],
        "refused": refusal(
            lambda: ProtobufSerializer(bad, client())(bad(item="pie", note=3), context)
        ),
        "text": client().get_latest_version(f"{topic}-value").schema.schema_str.split("\n")[0],
    }


print(json.dumps({"AVRO": avro(), "JSON": json_schema(), "PROTOBUF": protobuf()}))
