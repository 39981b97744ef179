package oxbow.server.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.log.LogConfig;
import oxbow.log.batch.BatchValidator;
import oxbow.log.batch.RecordCheck;
import oxbow.schema.Framing;
import oxbow.schema.Framing.Mark;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;
import oxbow.schema.avro.AvroFormat;

class SchemaCheckTest {
  private static final long NOW_MS = 1_750_000_000_000L;
  private static final UUID GUID = new UUID(0x1122334455667788L, 0x99aabbccddeeff00L);
  private static final byte[] ID_7 = Framing.write(new Mark.Id(7));
  private static final byte[] ID_8 = Framing.write(new Mark.Id(8));
  private static final Map<String, String> VALUES = Map.of(SchemaChecks.VALUE_VALIDATION, "true");
  private static final Map<String, String> KEYS = Map.of(SchemaChecks.KEY_VALIDATION, "true");

  private final Some schemas = new Some();
  private final SchemaChecks checks = new SchemaChecks("_schemas");
  private final BatchValidator validator = new BatchValidator(1);

  SchemaCheckTest() {
    schemas.add(7, "com.acme.Order", "orders-value");
    checks.begin(schemas);
  }

  @AfterEach
  void close() {
    validator.close();
  }

  @Test
  void topicsThatAskForNothingHaveNoCheck() {
    assertThat(checks.of("orders", Map.of())).isEmpty();
    assertThat(checks.of("orders", Map.of(SchemaChecks.VALUE_VALIDATION, "false"))).isEmpty();
    assertThat(checks.of("_schemas", VALUES)).as("the registry's own").isEmpty();
    assertThat(checks.of("__consumer_offsets", VALUES)).as("internal").isEmpty();
  }

  @Test
  void aValueUnderItsTopicsSubjectIsTakenByIdAndByGuid() {
    schemas.guids.put(GUID, 7);

    assertThat(refusal(VALUES, null, framed(ID_7))).isNull();
    assertThat(refusal(VALUES, null, framed(Framing.write(new Mark.Guid(GUID))))).isNull();
    assertThat(refusal(VALUES, null, framed(ID_7), header(Framing.KEY_HEADER, ID_8))).isNull();
  }

  @Test
  void anIdInAHeaderCountsInsteadOfOneBeforeTheData() {
    byte[] bare = "{}".getBytes(UTF_8);

    assertThat(refusal(VALUES, null, bare, header(Framing.VALUE_HEADER, ID_7))).isNull();
    schemas.guids.put(GUID, 7);
    byte[] guid = Framing.write(new Mark.Guid(GUID));
    assertThat(refusal(VALUES, null, bare, header(Framing.VALUE_HEADER, guid))).isNull();
    assertThat(refusal(VALUES, null, framed(ID_7), header(Framing.VALUE_HEADER, ID_8)))
        .contains("schema id 8 is unknown");
    assertThat(refusal(VALUES, null, framed(ID_7), header(Framing.VALUE_HEADER, bare)))
        .contains("the header for its schema id holds none");
  }

  @Test
  void whatIsNotTheTopicsIsRefusedWithTheReason() {
    schemas.add(9, "com.acme.Refund", "refunds-value");

    assertThat(refusal(VALUES, null, "plain text".getBytes(UTF_8)))
        .isEqualTo(
            "the record's value is refused: it has no schema id before its data, nor in a header");
    assertThat(refusal(VALUES, null, new byte[0])).contains("no schema id");
    assertThat(refusal(VALUES, null, new byte[] {0, 0, 0})).contains("no schema id");
    assertThat(refusal(VALUES, null, framed(ID_8))).contains("schema id 8 is unknown");
    assertThat(refusal(VALUES, null, framed(Framing.write(new Mark.Id(9)))))
        .contains("schema id 9 is not registered under the subject orders-value");
    assertThat(refusal(VALUES, null, framed(Framing.write(new Mark.Guid(GUID)))))
        .contains("schema " + GUID + " is unknown");
    schemas.guids.put(GUID, 9);
    assertThat(refusal(VALUES, null, framed(Framing.write(new Mark.Guid(GUID)))))
        .contains("is not registered under the subject orders-value");
  }

  @Test
  void deletionsAndAbsentKeysPass() {
    Map<String, String> both = new HashMap<>(VALUES);
    both.putAll(KEYS);
    schemas.add(8, "com.acme.OrderId", "orders-key");

    assertThat(refusal(both, framed(ID_8), null)).isNull();
    assertThat(refusal(both, null, framed(ID_7))).isNull();
  }

  @Test
  void keysAndValuesAreAskedForApart() {
    schemas.add(8, "com.acme.OrderId", "orders-key");
    byte[] bare = "42".getBytes(UTF_8);

    assertThat(refusal(KEYS, framed(ID_8), bare)).isNull();
    assertThat(refusal(KEYS, bare, bare, header(Framing.KEY_HEADER, ID_8))).isNull();
    assertThat(refusal(KEYS, framed(ID_7), bare))
        .isEqualTo(
            "the record's key is refused: schema id 7 is not registered under the subject"
                + " orders-key");
    assertThat(refusal(VALUES, bare, framed(ID_7))).isNull();
  }

  @Test
  void theSubjectFollowsTheTopicsStrategy() {
    schemas.add(20, "com.acme.Refund", "com.acme.Refund");
    schemas.add(21, "com.acme.Return", "orders-com.acme.Return");
    byte[] byRecord = framed(Framing.write(new Mark.Id(20)));
    byte[] byBoth = framed(Framing.write(new Mark.Id(21)));

    Map<String, String> record = new HashMap<>(VALUES);
    record.put(SchemaChecks.VALUE_NAMES, "RecordNameStrategy");
    assertThat(refusal(record, null, byRecord)).isNull();
    assertThat(refusal(record, null, byBoth)).contains("under the subject com.acme.Return");

    Map<String, String> both = new HashMap<>(VALUES);
    both.put(
        SchemaChecks.VALUE_NAMES, "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy");
    assertThat(refusal(both, null, byBoth)).isNull();
    assertThat(refusal(both, null, byRecord)).contains("under the subject orders-com.acme.Refund");
  }

  @Test
  void aStrategyOfSomebodysOwnIsNoSetting() {
    assertThatThrownBy(
            () -> checks.settings().parse(Map.of(SchemaChecks.KEY_NAMES, "com.acme.MyStrategy")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(SchemaChecks.KEY_NAMES)
        .hasMessageContaining("com.acme.MyStrategy");
  }

  @Test
  void whatWasAcceptedIsForgottenWhenTheRegistryChanges() {
    RecordCheck check = checks.of("orders", VALUES).orElseThrow();
    assertThat(refusal(check, null, framed(ID_7))).isNull();
    assertThat(refusal(check, null, framed(ID_8))).contains("is unknown");

    schemas.remove("orders-value", 7);
    schemas.add(8, "com.acme.Order2", "orders-value");

    assertThat(refusal(check, null, framed(ID_7))).contains("is not registered");
    assertThat(refusal(check, null, framed(ID_8))).isNull();
  }

  @Test
  void moreIdsThanAreRememberedAreAcceptedAllTheSame() {
    for (int id = 100; id < 3_000; id++) schemas.add(id, "com.acme.R" + id, "orders-value");
    RecordCheck check = checks.of("orders", VALUES).orElseThrow();

    for (int round = 0; round < 2; round++) {
      for (int id = 100; id < 3_000; id++) {
        assertThat(refusal(check, null, framed(Framing.write(new Mark.Id(id))))).isNull();
      }
    }
    assertThat(refusal(check, null, framed(ID_8))).contains("schema id 8 is unknown");
    assertThat(refusal(check, null, framed(Framing.write(new Mark.Id(0)))))
        .contains("schema id 0 is unknown");
  }

  @Test
  void guidsAreToldApartByBothHalves() {
    RecordCheck check = checks.of("orders", VALUES).orElseThrow();
    for (long i = 1; i <= 3_000; i++) schemas.guids.put(new UUID(i / 3 * 7, -i), 7);

    for (int round = 0; round < 2; round++) {
      for (UUID guid : schemas.guids.keySet()) {
        assertThat(refusal(check, null, framed(Framing.write(new Mark.Guid(guid))))).isNull();
      }
      for (long low : new long[] {1, -3_001, 0}) {
        var other = new UUID(7, low);
        assertThat(refusal(check, null, framed(Framing.write(new Mark.Guid(other)))))
            .contains("schema " + other + " is unknown");
      }
    }
  }

  @Test
  void beforeTheRegistryIsLoadedProducersAreToldToTryAgain() {
    var early = new SchemaChecks("_schemas");
    RecordCheck check = early.of("orders", VALUES).orElseThrow();

    assertThatThrownBy(() -> refusal(check, null, framed(ID_7)))
        .isInstanceOf(NotEnoughReplicasException.class)
        .isInstanceOf(RetriableException.class);

    early.begin(schemas);
    assertThat(refusal(check, null, framed(ID_7))).isNull();
  }

  private @Nullable String refusal(
      Map<String, String> settings, byte @Nullable [] key, byte @Nullable [] value, Header... of) {
    return refusal(checks.of("orders", settings).orElseThrow(), key, value, of);
  }

  /** What the producer is told about a record; null: it is taken. */
  private @Nullable String refusal(
      RecordCheck check, byte @Nullable [] key, byte @Nullable [] value, Header... headers) {
    ByteBuffer batch =
        MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(NOW_MS, key, value, headers))
            .buffer();
    try {
      validator.validate(batch, LogConfig.DEFAULT, AppendOrigin.CLIENT, NOW_MS, check);
      return null;
    } catch (RecordValidationException e) {
      assertThat(e.recordErrors()).hasSize(1);
      return e.recordErrors().getFirst().message;
    }
  }

  private static Header header(String name, byte[] value) {
    return new RecordHeader(name, value);
  }

  private static byte[] framed(byte[] mark) {
    return ByteBuffer.allocate(mark.length + 2).put(mark).put((byte) 4).put((byte) 2).array();
  }

  /** Schemas as a test has them. */
  private static final class Some implements Schemas {
    private final Map<Integer, ParsedSchema> byId = new HashMap<>();
    private final Map<UUID, Integer> guids = new HashMap<>();
    private final Set<String> registered = new HashSet<>();
    private long revision;

    void add(int id, String name, String subject) {
      int dot = name.lastIndexOf('.');
      String text =
          "{\"type\":\"record\",\"name\":\"%s\",\"namespace\":\"%s\",\"fields\":[]}"
              .formatted(name.substring(dot + 1), name.substring(0, dot));
      byId.put(id, new AvroFormat().parse(text, References.NONE));
      registered.add(subject + " " + id);
      revision++;
    }

    void remove(String subject, int id) {
      registered.remove(subject + " " + id);
      revision++;
    }

    @Override
    public Optional<ParsedSchema> byId(int id) {
      return Optional.ofNullable(byId.get(id));
    }

    @Override
    public Optional<ParsedSchema> byGuid(UUID guid) {
      return Optional.ofNullable(guids.get(guid)).map(byId::get);
    }

    @Override
    public OptionalInt idOf(UUID guid) {
      throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public List<RegisteredSchema> versions(String subject) {
      throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public boolean isRegistered(String subject, int id) {
      return registered.contains(subject + " " + id);
    }

    @Override
    public boolean isRegistered(String subject, UUID guid) {
      Integer id = guids.get(guid);
      return id != null && isRegistered(subject, id);
    }

    @Override
    public long revision() {
      return revision;
    }
  }
}
