package oxbow.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Apache Spark reads topics as tables, row for row what a Kafka consumer reads. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SparkTest {
  private static final int PARTITIONS = 2;
  private static final int RECORDS_A_ROUND = 120;

  /** The first of an hour. */
  private static final long FIRST_MS = 1_760_000_400_000L;

  private static final long ROUND_MS = Duration.ofHours(2).toMillis();
  private static final long STEP_MS = 7_001;
  private static final long SEED = 20_261_120;
  private static final Duration LAG = Duration.ofSeconds(40);

  /** Topics whose values have a schema, and which. */
  private static final Map<String, TypedValues> TYPED =
      Map.of(
          "sales", TypedValues.AVRO,
          "events", TypedValues.JSON,
          "moves", TypedValues.PROTOBUF,
          "audit", TypedValues.AVRO);

  /** How records are kept whose values are in columns. */
  private static final Integer[] COLUMN_FORMS = {0, 1, 2, 5, 6, 7};

  private static final String RAW = "blobs";
  private static final String GROWING = "growing";
  private static final String REWRITTEN = "rewritten";
  private static final JsonMapper JSON = new JsonMapper();

  private final Proof proof;
  private final Random random = new Random(SEED);

  /** Version by schema id. */
  private final Map<Integer, Integer> versions = new HashMap<>();

  private Oxbow oxbow;
  private Admin admin;
  private Spark spark;
  private String registry;

  /** Of {@code sales}, when the table had the first round and nothing else. */
  private JsonNode firstSnapshot;

  SparkTest(Proof proof) {
    this.proof = proof;
  }

  @BeforeAll
  void produceTwoVersionsAndAwaitTheirTables() throws Exception {
    int port = Ports.free();
    registry = "http://127.0.0.1:" + port;
    oxbow =
        Oxbow.start(
            proof.folder("spark-oxbow"),
            "schema.registry.listeners=" + registry,
            "iceberg.rest.writes.enable=true",
            "log.retention.check.interval.ms=200");
    admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()));
    spark = Spark.start(proof.folder("spark"), oxbow.http() + "/iceberg");
    Ports.awaitListening(port, oxbow.process());
    // A table made before there is a schema has a column for values without one.
    for (Map.Entry<String, TypedValues> topic : TYPED.entrySet()) {
      int _ = topic.getValue().register(registry, topic.getKey() + "-value", 1);
    }
    for (int version = 1; version <= 2; version++) {
      int _ = TypedValues.AVRO.register(registry, REWRITTEN + "-value", version);
    }
    createTopic("sales", Map.of("oxbow.cold.partition.by", "hour(kafka_timestamp)"));
    createTopic("audit", Map.of("oxbow.cold.format", "avro"));
    createTopic(RAW, Map.of("oxbow.cold.foreign.files", "refuse"));
    createTopic(REWRITTEN, Map.of("segment.bytes", "1048576", "local.retention.bytes", "1"));
    for (String topic : List.of("events", "moves", GROWING)) createTopic(topic, Map.of());
    produce(1);
    produceManySegments();
    awaitTables();
    firstSnapshot =
        spark
            .sql(
                "SELECT snapshot_id, unix_millis(committed_at) AS ms FROM"
                    + " oxbow.topics.sales.snapshots ORDER BY committed_at")
            .getLast();
    produce(2);
    awaitTables();
  }

  @AfterAll
  void stop() {
    if (spark != null) spark.close();
    if (admin != null) admin.close(Duration.ZERO);
    if (oxbow != null) oxbow.close();
  }

  private void createTopic(String topic, Map<String, String> more) {
    Map<String, String> config =
        new HashMap<>(
            Map.of(
                "retention.ms", "-1",
                "oxbow.cold.max.lag.ms", "10000",
                "oxbow.cold.file.bytes", "1048576"));
    config.putAll(more);
    NewTopic wanted = new NewTopic(topic, PARTITIONS, (short) 1).configs(config);
    Void _ = Proof.get(admin.createTopics(List.of(wanted)).all());
  }

  private void produce(int version) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (Map.Entry<String, TypedValues> topic : TYPED.entrySet()) {
        TypedValues language = topic.getValue();
        int id = language.register(registry, topic.getKey() + "-value", version);
        versions.put(id, version);
        for (int n = 0; n < RECORDS_A_ROUND; n++) {
          byte @Nullable [] value = language.write(n, version, id);
          if (n % 10 == 7) value = null;
          if (n % 30 == 11) value = new byte[] {0, 0, 0, 0, (byte) id, -1, -1, -1}; // no order
          sent.add(producer.send(record(topic.getKey(), n, version, value)));
        }
      }
      for (int n = 0; n < RECORDS_A_ROUND; n++) {
        sent.add(producer.send(record(RAW, n, version, n % 10 == 7 ? null : bytes(3_000))));
      }
      for (Future<RecordMetadata> record : sent) {
        RecordMetadata _ = record.get(60, TimeUnit.SECONDS);
      }
    }
  }

  private void produceManySegments() throws Exception {
    TypedValues language = TypedValues.AVRO;
    int id = language.register(registry, REWRITTEN + "-value", 1);
    versions.put(id, 1);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int n = 0; n < 800; n++) {
        byte @Nullable [] value = n % 3 == 0 ? bytes(40_000) : language.write(n, 1, id);
        sent.add(producer.send(record(REWRITTEN, n / 2, 1, n % 50 == 1 ? null : value)));
      }
      for (Future<RecordMetadata> record : sent) {
        RecordMetadata _ = record.get(60, TimeUnit.SECONDS);
      }
    }
  }

  private ProducerRecord<byte[], byte[]> record(
      String topic, int n, int version, byte @Nullable [] value) {
    byte @Nullable [] key = n % 4 == 1 ? null : ("key-" + n % 12).getBytes(UTF_8);
    List<Header> headers = new ArrayList<>();
    for (int i = 0; i < n % 3; i++) {
      headers.add(new RecordHeader("header-" + i, n % 5 == 0 ? null : bytes(20)));
    }
    long ms = FIRST_MS + (version - 1) * ROUND_MS + n * STEP_MS;
    return new ProducerRecord<>(topic, n % PARTITIONS, ms, key, value, headers);
  }

  private byte[] bytes(int bytesMax) {
    byte[] bytes = new byte[random.nextInt(bytesMax)];
    random.nextBytes(bytes);
    return bytes;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", oxbow.bootstrap(), "compression.type", "zstd"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** Until all that was produced so far is in the tables. */
  private void awaitTables() {
    Await.until(
        "all records are in their tables",
        LAG,
        () -> {
          for (String topic :
              Stream.concat(TYPED.keySet().stream(), Stream.of(RAW, REWRITTEN)).toList()) {
            if (!offsets(topic, OffsetSpec.latestTiered(), 1)
                .equals(offsets(topic, OffsetSpec.latest(), 0))) {
              return false;
            }
          }
          return true;
        });
  }

  private Map<Integer, Long> offsets(String topic, OffsetSpec spec, long plus) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int p = 0; p < PARTITIONS; p++) asked.put(new TopicPartition(topic, p), spec);
    Map<Integer, Long> offsets = new TreeMap<>();
    Proof.get(admin.listOffsets(asked).all())
        .forEach((partition, found) -> offsets.put(partition.partition(), found.offset() + plus));
    return offsets;
  }

  /** All that a consumer reads of a topic, by partition and offset. */
  private Map<String, ConsumerRecord<byte[], byte[]>> consumed(String topic) {
    Map<String, ConsumerRecord<byte[], byte[]>> records = new TreeMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", oxbow.bootstrap()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> all =
          Stream.iterate(0, p -> p + 1)
              .limit(PARTITIONS)
              .map(p -> new TopicPartition(topic, p))
              .toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      long end = consumer.endOffsets(all).values().stream().mapToLong(Long::longValue).sum();
      Await.until(
          "records of " + topic,
          Await.LONG,
          () -> {
            consumer
                .poll(Duration.ofMillis(100))
                .forEach(record -> records.put(place(record.partition(), record.offset()), record));
            return records.size() >= end;
          });
    }
    return records;
  }

  private static String place(long partition, long offset) {
    return "%d/%09d".formatted(partition, offset);
  }

  private static String placeOf(JsonNode row) {
    return place(row.get("p").asLong(), row.get("o").asLong());
  }

  private static ConsumerRecord<byte[], byte[]> at(
      JsonNode row, Map<String, ConsumerRecord<byte[], byte[]>> records) {
    return requireNonNull(records.get(placeOf(row)), () -> "no consumer reads " + row);
  }

  private static String ours(String columns) {
    return """
    kafka_partition AS p, kafka_offset AS o, unix_millis(kafka_timestamp) AS t,
    kafka_timestamp_type AS tt, kafka_key AS k, kafka_headers AS h, kafka_schema_id AS id,
    kafka_form AS form, hex(substring(kafka_raw, 1, 1)) AS raw_parts,
    substring(kafka_raw, 2) AS raw,
    """
        + columns;
  }

  @ParameterizedTest
  @ValueSource(strings = {"sales", "events", "moves", "audit", RAW})
  void eachRowIsWhatAConsumerReads(String topic) {
    Optional<TypedValues> language =
        topic.equals(REWRITTEN)
            ? Optional.of(TypedValues.AVRO)
            : Optional.ofNullable(TYPED.get(topic));
    String columns = language.isPresent() ? TypedValues.COLUMNS : "value";

    List<JsonNode> rows = spark.sql("SELECT " + ours(columns) + " FROM oxbow.topics." + topic);

    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed(topic);
    assertThat(rows.stream().map(SparkTest::placeOf))
        .containsExactlyInAnyOrderElementsOf(records.keySet());
    assertThat(records).hasSizeGreaterThanOrEqualTo(2 * RECORDS_A_ROUND);
    Set<Integer> forms = new HashSet<>();
    for (JsonNode row : rows) {
      ConsumerRecord<byte[], byte[]> record = at(row, records);
      compareEnvelope(row, record);
      compareValue(row, record, language);
      forms.add(row.get("form").asInt());
    }
    // Avro files keep values as they came.
    assertThat(forms).containsAnyOf(topic.equals("audit") ? new Integer[] {3} : COLUMN_FORMS);
  }

  private static void compareEnvelope(JsonNode row, ConsumerRecord<byte[], byte[]> record) {
    ObjectNode expected = JSON.createObjectNode();
    expected.put("t", record.timestamp());
    expected.put("tt", record.timestampType().id);
    expected.put("k", record.key());
    ArrayNode headers = JSON.createArrayNode();
    record
        .headers()
        .forEach(header -> headers.addObject().put("key", header.key()).put("v", header.value()));
    if (headers.isEmpty()) expected.putNull("h");
    else expected.set("h", headers);
    ObjectNode found = JSON.createObjectNode();
    for (String column : List.of("t", "tt", "k")) found.set(column, row.get(column));
    found.set("h", row.get("h"));
    assertThat(found.toString()).isEqualTo(expected.toString().replace("\"v\":", "\"value\":"));
  }

  private void compareValue(
      JsonNode row, ConsumerRecord<byte[], byte[]> record, Optional<TypedValues> language) {
    int form = row.get("form").asInt();
    boolean isTyped = form <= 2 || form >= 6;
    if (form == 2 || form == 3) {
      assertThat(row.get("raw_parts").asText()).isEqualTo("01");
      assertThat(binary(row, "raw")).isEqualTo(record.value());
    } else {
      assertThat(row.get("raw").isNull()).as("%s", row).isTrue();
    }
    if (form == 4) assertThat(record.value()).isNull();
    if (form == 5) assertThat(binary(row, "value")).isEqualTo(record.value());
    if (language.isEmpty()) return;
    if (isTyped) {
      int version = version(row.get("id").asInt());
      assertThat(columns(row))
          .as("%s", row)
          .isEqualTo(same(language.get().read(record.value(), version)));
    } else {
      assertThat(columns(row)).allSatisfy(column -> assertThat(column.isNull()).isTrue());
    }
  }

  private static byte[] binary(JsonNode row, String column) {
    return java.util.Base64.getDecoder().decode(row.get(column).asText());
  }

  private static JsonNode columns(JsonNode row) {
    ObjectNode columns = JSON.createObjectNode();
    for (String column : TypedValues.COLUMNS.split(", ")) columns.set(column, row.get(column));
    return columns;
  }

  /** With numbers as a parser makes them, and in one order. */
  private static JsonNode same(ObjectNode columns) {
    ObjectNode ordered = JSON.createObjectNode();
    for (String column : TypedValues.COLUMNS.split(", ")) ordered.set(column, columns.get(column));
    try {
      return JSON.readTree(ordered.toString());
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aTableIsReadWhileItGrowsAndEachSnapshotStays() throws Exception {
    var isEnough = new AtomicBoolean();
    Map<String, List<JsonNode>> seen = new TreeMap<>();
    Thread writing = Thread.ofVirtual().start(() -> produceUntil(isEnough));
    try {
      Await.until(
          "snapshots of a growing table",
          Await.LONG,
          () -> {
            List<JsonNode> newest =
                spark.sql(
                    "SELECT snapshot_id FROM oxbow.topics.growing.snapshots"
                        + " ORDER BY committed_at DESC LIMIT 1");
            if (newest.isEmpty()) return false;
            String snapshot = newest.getFirst().get("snapshot_id").asText();
            if (!seen.containsKey(snapshot)) seen.put(snapshot, rowsOf(snapshot));
            return seen.size() >= 3;
          });
    } finally {
      isEnough.set(true);
      writing.join();
    }

    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed(GROWING);
    seen.forEach((snapshot, rows) -> {
      assertThat(rows).isNotEmpty();
      long[] next = new long[PARTITIONS];
      for (JsonNode row : rows) {
        ConsumerRecord<byte[], byte[]> record = at(row, records);
        assertThat(row.get("o").asLong()).isEqualTo(next[row.get("p").asInt()]++);
        assertThat(row.get("bytes").asInt()).isEqualTo(record.value().length);
        assertThat(row.get("crc").asLong()).isEqualTo(crc(record.value()));
      }
      assertThat(rowsOf(snapshot)).isEqualTo(rows);
    });
  }

  /** In the order of partitions and offsets. */
  private List<JsonNode> rowsOf(String snapshot) {
    return spark.sql(
        "SELECT kafka_partition AS p, kafka_offset AS o, crc32(value) AS crc, length(value) AS bytes"
            + " FROM oxbow.topics.growing VERSION AS OF "
            + snapshot
            + " ORDER BY p, o");
  }

  /** Each record waits for its acknowledgement, which is pace enough. */
  private void produceUntil(AtomicBoolean isEnough) {
    var bytes = new Random(SEED + 1);
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (int n = 0; !isEnough.get() && n < 6_000; n++) {
        byte[] value = new byte[8_000 + bytes.nextInt(8_000)];
        bytes.nextBytes(value);
        RecordMetadata _ =
            producer.send(new ProducerRecord<>(GROWING, n % PARTITIONS, null, value)).get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError("writing to a growing table", e);
    }
  }

  private static long crc(byte[] value) {
    var crc = new CRC32();
    crc.update(value);
    return crc.getValue();
  }

  @Test
  void predicatesFindWhatAConsumerFinds() {
    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed("sales");
    long middleMs = FIRST_MS + ROUND_MS;
    String middle = Instant.ofEpochMilli(middleMs).toString();

    assertThat(places("sales", "kafka_partition = 1"))
        .isEqualTo(places(records, record -> record.partition() == 1));
    assertThat(places("sales", "kafka_offset BETWEEN 20 AND 70"))
        .isEqualTo(places(records, record -> record.offset() >= 20 && record.offset() <= 70));
    assertThat(places("sales", "kafka_timestamp < TIMESTAMP '" + middle + "'"))
        .isEqualTo(places(records, record -> record.timestamp() < middleMs))
        .hasSize(RECORDS_A_ROUND);
    assertThat(places("sales", "kafka_key = X'6b65792d32'"))
        .isEqualTo(
            places(
                records,
                record -> record.key() != null && new String(record.key(), UTF_8).equals("key-2")))
        .isNotEmpty();
    assertThat(places("sales", "quantity > 4000000000 AND place.city = 'city 3'"))
        .isEqualTo(
            places(
                records,
                record ->
                    order(record)
                        .filter(order ->
                            order.get("quantity").asLong() > 4_000_000_000L
                                && order.get("place").get("city").asText().equals("city 3"))
                        .isPresent()))
        .isNotEmpty();
    assertThat(places("sales", "note IS NULL AND item IS NOT NULL"))
        .isEqualTo(
            places(
                records,
                record -> order(record).filter(order -> order.get("note").isNull()).isPresent()))
        .hasSizeGreaterThan(RECORDS_A_ROUND / 2);
  }

  private int version(int schemaId) {
    return requireNonNull(versions.get(schemaId));
  }

  /** A value of {@code sales}, where it is an order. */
  private Optional<ObjectNode> order(ConsumerRecord<byte[], byte[]> record) {
    byte @Nullable [] value = record.value();
    if (value == null || value[5] == -1) return Optional.empty();
    return Optional.of(TypedValues.AVRO.read(value, version(value[4])));
  }

  private Set<String> places(String topic, String predicate) {
    Set<String> places = new HashSet<>();
    spark
        .sql(
            "SELECT kafka_partition AS p, kafka_offset AS o FROM oxbow.topics."
                + topic
                + " WHERE "
                + predicate)
        .forEach(row -> places.add(placeOf(row)));
    return places;
  }

  private static Set<String> places(
      Map<String, ConsumerRecord<byte[], byte[]>> records,
      java.util.function.Predicate<ConsumerRecord<byte[], byte[]>> predicate) {
    Set<String> places = new HashSet<>();
    records.forEach((place, record) -> {
      if (predicate.test(record)) places.add(place);
    });
    return places;
  }

  @Test
  void metadataTablesAndTimeTravelTellOfTheTable() {
    String sales = "oxbow.topics.sales";
    long records = 2L * RECORDS_A_ROUND;

    assertThat(names(spark.sql("SHOW TABLES IN oxbow.topics"), "tableName"))
        .contains("sales", "events", "moves", "audit", RAW, GROWING);
    assertThat(spark.value("SELECT sum(record_count) FROM " + sales + ".files").asLong())
        .isEqualTo(records);
    assertThat(spark.value("SELECT sum(record_count) FROM " + sales + ".partitions").asLong())
        .isEqualTo(records);
    assertThat(
            spark
                .value(
                    "SELECT count(DISTINCT kafka_timestamp_hour) FROM (SELECT"
                        + " partition.kafka_timestamp_hour FROM "
                        + sales
                        + ".files)")
                .asInt())
        .isEqualTo(2);
    assertThat(spark.value("SELECT count(*) FROM " + sales + ".manifests").asLong()).isPositive();
    assertThat(spark.value("SELECT count(*) FROM " + sales + ".history").asLong()).isGreaterThan(1);
    assertThat(
            spark.value("SELECT count(DISTINCT _file) FROM " + sales + " WHERE _pos >= 0").asLong())
        .isGreaterThanOrEqualTo(2L * PARTITIONS);

    String atFirst = " VERSION AS OF " + firstSnapshot.get("snapshot_id").asText();
    String then =
        " TIMESTAMP AS OF '" + Instant.ofEpochMilli(firstSnapshot.get("ms").asLong() + 1) + "'";
    for (String when : List.of(atFirst, then)) {
      assertThat(spark.value("SELECT count(*) FROM " + sales + when).asLong())
          .isEqualTo(RECORDS_A_ROUND);
    }
    assertThat(names(spark.sql("DESCRIBE " + sales), "col_name")).contains("note", "kafka_offset");
    assertThat(spark.sql("SELECT * FROM " + sales + atFirst + " LIMIT 1").getFirst().has("note"))
        .as("a snapshot has the columns of its time")
        .isFalse();
  }

  private static List<String> names(List<JsonNode> rows, String column) {
    return rows.stream().map(row -> row.get(column).asText()).toList();
  }

  @Test
  void writesToATopicsTableAreRefusedWithTheReason() {
    String before = spark.value("SELECT count(*) FROM oxbow.topics.blobs").asText();
    List<String> writes =
        List.of(
            "INSERT INTO oxbow.topics.blobs SELECT * FROM oxbow.topics.blobs LIMIT 1",
            "DELETE FROM oxbow.topics.blobs WHERE kafka_partition = 0",
            "UPDATE oxbow.topics.blobs SET value = NULL WHERE kafka_offset = 3",
            "ALTER TABLE oxbow.topics.blobs ADD COLUMN mine STRING",
            "ALTER TABLE oxbow.topics.blobs SET TBLPROPERTIES ('x' = 'y')",
            "DROP TABLE oxbow.topics.blobs",
            "DROP TABLE oxbow.topics.blobs PURGE",
            "ALTER TABLE oxbow.topics.blobs RENAME TO topics.others",
            "CREATE TABLE oxbow.topics.mine (x BIGINT)",
            "CREATE OR REPLACE TABLE oxbow.topics.blobs (x BIGINT)",
            "DROP NAMESPACE oxbow.topics CASCADE");
    for (String write : writes) {
      assertThat(spark.refusal(write)).as(write).contains("belongs to topics and is read-only");
    }
    assertThat(
            spark.refusal(
                "CALL oxbow.system.rewrite_data_files("
                    + "table => 'topics.blobs', options => map('rewrite-all', 'true'))"))
        .contains("need oxbow.cold.foreign.files of the topic to allow it");
    assertThat(spark.value("SELECT count(*) FROM oxbow.topics.blobs").asText()).isEqualTo(before);
  }

  /** Records that left the disk come out of the files that Spark wrote. */
  @Test
  void filesThatSparkWroteAnewAreReplayed() {
    Await.until(
        "records left the disk",
        LAG,
        () ->
            offsets(REWRITTEN, OffsetSpec.earliestLocal(), 0).values().stream()
                .allMatch(localStart -> localStart > 0));
    String files = "SELECT count(*) FROM oxbow.topics.rewritten.files ";
    assertThat(spark.value(files).asInt()).as("files").isPositive();
    Map<String, ConsumerRecord<byte[], byte[]>> before = consumed(REWRITTEN);

    spark.sql(
        "CALL oxbow.system.rewrite_data_files("
            + "table => 'topics.rewritten', options => map('rewrite-all', 'true'))");

    Map<String, ConsumerRecord<byte[], byte[]>> after = consumed(REWRITTEN);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    after.forEach((place, record) ->
        assertThat(facts(record)).isEqualTo(facts(requireNonNull(before.get(place)))));
    eachRowIsWhatAConsumerReads(REWRITTEN);
  }

  private static List<Object> facts(ConsumerRecord<byte[], byte[]> record) {
    return Arrays.asList(
        record.offset(),
        record.timestamp(),
        hex(record.key()),
        hex(record.value()),
        Stream.of(record.headers().toArray())
            .map(header -> header.key() + "=" + hex(header.value()))
            .toList());
  }

  private static @Nullable String hex(byte @Nullable [] bytes) {
    return bytes == null ? null : HexFormat.of().formatHex(bytes);
  }

  @Test
  void tablesOfOnesOwnWorkInOtherNamespaces() {
    String mine = "oxbow.mine.by_city";
    spark.sql("CREATE NAMESPACE oxbow.mine");
    spark.sql(
        "CREATE TABLE "
            + mine
            + " PARTITIONED BY (bucket(2, city)) AS SELECT place.city AS city, count(*) AS orders"
            + " FROM oxbow.topics.sales WHERE item IS NOT NULL GROUP BY place.city");
    long orders =
        consumed("sales").values().stream().filter(record -> order(record).isPresent()).count();

    assertThat(spark.value("SELECT sum(orders) FROM " + mine).asLong()).isEqualTo(orders);
    spark.sql(
        "MERGE INTO "
            + mine
            + " t USING (SELECT 'city 3' AS city) s ON t.city = s.city"
            + " WHEN MATCHED THEN UPDATE SET orders = 0"
            + " WHEN NOT MATCHED THEN INSERT (city, orders) VALUES (s.city, 1)");
    spark.sql("DELETE FROM " + mine + " WHERE city = 'city 4'");
    spark.sql("ALTER TABLE " + mine + " ADD COLUMN remark STRING");
    spark.sql(
        "CALL oxbow.system.rewrite_data_files("
            + "table => 'mine.by_city', options => map('rewrite-all', 'true'))");
    assertThat(spark.value("SELECT orders FROM " + mine + " WHERE city = 'city 3'").asLong())
        .isZero();
    assertThat(spark.value("SELECT count(*) FROM " + mine + " WHERE remark IS NULL").asLong())
        .isEqualTo(6);
    String renamed = "oxbow.mine.cities";
    spark.sql("ALTER TABLE " + mine + " RENAME TO mine.cities");
    spark.sql("INSERT INTO " + renamed + " VALUES ('city 9', 9, 'new')");
    assertThat(spark.value("SELECT count(*) FROM " + renamed).asLong()).isEqualTo(7);
    assertThat(spark.refusal("SELECT * FROM " + mine)).contains("TABLE_OR_VIEW_NOT_FOUND");
    spark.sql("DROP TABLE " + renamed + " PURGE");
    spark.sql("DROP NAMESPACE oxbow.mine");
    assertThat(names(spark.sql("SHOW NAMESPACES IN oxbow"), "namespace")).containsExactly("topics");
  }
}
