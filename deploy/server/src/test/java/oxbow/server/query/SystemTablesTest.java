package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.testing.TestServer;

/** What SQL tells of the server itself. */
@Timeout(180)
class SystemTablesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TopicPartition FIRST = new TopicPartition("orders", 0);

  @TempDir Path data;

  @Test
  void topicsFilesGroupsAndQueriesAreTables() throws Exception {
    try (TestServer server = TestServer.start(data, List.of())) {
      produce(server);
      commit(server);
      TestServer.await(() ->
          rows(
                  server,
                  "SELECT cold_end FROM oxbow.partitions WHERE topic = 'orders' AND"
                      + " partition = 0")
              .equals(List.of("[3]")));

      assertThat(
              rows(
                  server, "SELECT partitions, is_internal FROM oxbow.topics WHERE name = 'orders'"))
          .containsExactly("[2,false]");
      assertThat(
              rows(
                  server,
                  "SELECT partition, is_leader, log_start, high_watermark, last_stable, log_end,"
                      + " trouble FROM oxbow.partitions WHERE topic = 'orders' ORDER BY 1"))
          .containsExactly("[0,true,0,3,3,3,null]", "[1,true,0,0,0,0,null]");
      assertThat(
              rows(
                  server,
                  "SELECT sum(records), min(base_offset), max(end_offset), any_value(format) FROM"
                      + " oxbow.cold_files WHERE topic = 'orders'"))
          .containsExactly("[3,0,3,\"PARQUET\"]");
      assertThat(
              rows(
                  server,
                  "SELECT backlog_bytes, trouble FROM oxbow.offloads WHERE topic = 'orders' AND partition = 0"))
          .containsExactly("[0,null]");
      assertThat(
              rows(
                  server,
                  "SELECT type, members, topic, partition, committed, log_end, lag FROM"
                      + " oxbow.groups WHERE name = 'billing'"))
          .containsExactly("[\"classic\",0,\"orders\",0,1,3,2]");
      assertThat(
              rows(
                  server,
                  "SELECT partition, reason, records FROM oxbow.raw_records WHERE topic = 'orders'"))
          .containsExactly("[0,\"no_schema\",3]");
      assertThat(rows(server, "SELECT count(*) FROM oxbow.segments WHERE size_bytes < 0"))
          .containsExactly("[0]");
      assertThat(rows(server, "SELECT count(*) > 5 FROM oxbow.queries WHERE state = 'FINISHED'"))
          .containsExactly("[true]");
    }
  }

  /** Records that name no schema, in a topic whose values have one. */
  private static void produce(TestServer server) throws Exception {
    String schema =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}";
    assertThat(
            server
                .post(
                    "/registry/subjects/orders-value/versions",
                    JSON.writeValueAsString(Map.of("schema", schema)))
                .statusCode())
        .isEqualTo(200);
    try (Admin admin = Admin.create(server.kafka());
        var producer =
            new KafkaProducer<>(server.kafka(), new StringSerializer(), new StringSerializer())) {
      var topic = new NewTopic("orders", 2, (short) 1);
      admin
          .createTopics(
              List.of(
                  topic.configs(
                      Map.of("remote.storage.enable", "true", "oxbow.cold.max.lag.ms", "10000"))))
          .all()
          .get();
      for (int i = 0; i < 3; i++) producer.send(new ProducerRecord<>("orders", 0, "k", "v")).get();
    }
  }

  private static void commit(TestServer server) {
    Map<String, Object> settings = new HashMap<>(server.kafka());
    settings.put("group.id", "billing");
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(FIRST));
      consumer.commitSync(Map.of(FIRST, new OffsetAndMetadata(1)));
    }
  }

  private static List<String> rows(TestServer server, String sql) throws Exception {
    HttpResponse<String> answer = server.ask("POST", "/api/v1/sql", sql);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<String> rows = new ArrayList<>();
    for (String line : answer.body().lines().toList()) {
      JsonNode row = JSON.readTree(line);
      if (row.isArray()) rows.add(row.toString());
    }
    return rows;
  }
}
