package oxbow.bench;

import static java.util.stream.Collectors.toMap;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Apache Kafka's own clients, with their defaults but for what a scenario says. */
final class Clients {
  private static final int ATTEMPTS = 100;

  private Clients() {}

  static KafkaProducer<byte[], byte[]> producer(String bootstrap, Map<String, Object> settings) {
    var all = new HashMap<String, Object>(settings);
    all.put("bootstrap.servers", bootstrap);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, Map<String, Object> settings) {
    var all = new HashMap<String, Object>(settings);
    all.put("bootstrap.servers", bootstrap);
    all.put("enable.auto.commit", false);
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static void createTopic(String bootstrap, String topic, int partitions)
      throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty())))
          .all()
          .get();
      awaitLeaders(admin, topic, partitions);
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not create " + topic, e.getCause());
    }
  }

  /**
   * Waits until every partition answers. Kafka names a topic and its leaders before those have
   * opened their logs; an idempotent producer that comes too early may repeat its first batches out
   * of sequence until they expire.
   */
  static void awaitLeaders(Admin admin, String topic, int partitions)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, OffsetSpec> ends =
        IntStream.range(0, partitions)
            .boxed()
            .collect(toMap(p -> new TopicPartition(topic, p), _ -> OffsetSpec.latest()));
    for (int attempt = 1; ; attempt++) {
      try {
        admin.listOffsets(ends).all().get();
        return;
      } catch (ExecutionException e) {
        if (attempt == ATTEMPTS || !(e.getCause() instanceof RetriableException)) throw e;
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  /** Writes one record to every partition. */
  static void touch(String bootstrap, String topic, int partitions) throws InterruptedException {
    try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, Map.of())) {
      var acks =
          IntStream.range(0, partitions)
              .mapToObj(p -> producer.send(new ProducerRecord<>(topic, p, null, new byte[] {1})))
              .toList();
      for (var ack : acks) ack.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not write to " + topic, e.getCause());
    }
  }

  static void deleteTopic(String bootstrap, String topic) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.deleteTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not delete " + topic, e.getCause());
    }
  }
}
