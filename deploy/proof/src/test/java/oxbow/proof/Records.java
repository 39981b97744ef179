package oxbow.proof;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writing and reading with Kafka's Java client, to check what other clients did. */
final class Records {
  private Records() {}

  /** Writes values without keys to one partition and waits until all are acknowledged. */
  static void produce(Proof proof, String topic, int partition, String... values) {
    try (KafkaProducer<String, String> producer = producer(proof.bootstrap(), Map.of())) {
      send(producer, topic, partition, List.of(values));
    }
  }

  /** Sends all values and waits until all are acknowledged. */
  static void send(
      KafkaProducer<String, String> producer, String topic, int partition, List<String> values) {
    try {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (String value : values) {
        sent.add(producer.send(new ProducerRecord<>(topic, partition, null, value)));
      }
      for (Future<RecordMetadata> record : sent) {
        RecordMetadata _ = record.get();
      }
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError("writing to " + topic, e);
    }
  }

  static KafkaProducer<String, String> producer(String bootstrap, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", bootstrap);
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  /** Reads until {@code count} records have come, from all partitions, oldest first. */
  static List<ConsumerRecord<String, String>> read(String bootstrap, String topic, int count) {
    try (KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of())) {
      consumer.assign(
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList());
      consumer.seekToBeginning(consumer.assignment());
      List<ConsumerRecord<String, String>> records = new ArrayList<>();
      Await.until(
          count + " records in " + topic,
          Await.LONG,
          () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records.size() >= count;
          });
      return records;
    }
  }

  /** What a topic holds now, by its end offsets. */
  static List<ConsumerRecord<String, String>> readAvailable(Proof proof, String topic) {
    try (KafkaConsumer<String, String> consumer = consumer(proof.bootstrap(), Map.of())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      long held =
          consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum()
              - consumer.beginningOffsets(partitions).values().stream()
                  .mapToLong(Long::longValue)
                  .sum();
      return read(proof.bootstrap(), topic, Math.toIntExact(held));
    }
  }

  static List<String> values(String bootstrap, String topic, int count) {
    return read(bootstrap, topic, count).stream().map(ConsumerRecord::value).toList();
  }

  static KafkaConsumer<String, String> consumer(String bootstrap, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("enable.auto.commit", "false"));
    config.putAll(more);
    config.put("bootstrap.servers", bootstrap);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }
}
