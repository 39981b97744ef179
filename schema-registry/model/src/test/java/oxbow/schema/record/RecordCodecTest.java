package oxbow.schema.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.Association;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.Metadata;
import oxbow.schema.Mode;
import oxbow.schema.Rule;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaType;
import oxbow.schema.StoredSchema;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.RecordKey.AssociationKey;
import oxbow.schema.record.RecordKey.ClearSubjectKey;
import oxbow.schema.record.RecordKey.ConfigKey;
import oxbow.schema.record.RecordKey.ContextKey;
import oxbow.schema.record.RecordKey.DeleteSubjectKey;
import oxbow.schema.record.RecordKey.ModeKey;
import oxbow.schema.record.RecordKey.NoopKey;
import oxbow.schema.record.RecordKey.OtherKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.AssociationValue;
import oxbow.schema.record.RecordValue.ClearSubjectValue;
import oxbow.schema.record.RecordValue.ConfigValue;
import oxbow.schema.record.RecordValue.ContextValue;
import oxbow.schema.record.RecordValue.DeleteSubjectValue;
import oxbow.schema.record.RecordValue.ModeValue;
import oxbow.schema.record.RecordValue.SchemaValue;

/** The bytes of the topic: a difference here is a change of the format. */
class RecordCodecTest {
  private static final long TIMESTAMP_MS = 1_700_000_000_000L;

  @Test
  void everyKeyIsWrittenAsConfluentWritesItAndReadBack() throws BadRecordException {
    assertKey(
        new SchemaKey("orders-value", 2),
        "{\"keytype\":\"SCHEMA\",\"subject\":\"orders-value\",\"version\":2,\"magic\":1}");
    assertKey(
        new ConfigKey("orders-value"),
        "{\"keytype\":\"CONFIG\",\"subject\":\"orders-value\",\"magic\":0}");
    assertKey(new ConfigKey(null), "{\"keytype\":\"CONFIG\",\"magic\":0}");
    assertKey(new ModeKey(":.lab:"), "{\"keytype\":\"MODE\",\"subject\":\":.lab:\",\"magic\":0}");
    assertKey(new ModeKey(null), "{\"keytype\":\"MODE\",\"magic\":0}");
    assertKey(
        new DeleteSubjectKey("orders-value"),
        "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"orders-value\",\"magic\":0}");
    assertKey(
        new ClearSubjectKey("orders-value"),
        "{\"keytype\":\"CLEAR_SUBJECT\",\"subject\":\"orders-value\",\"magic\":0}");
    assertKey(
        new ContextKey("default", ".lab"),
        "{\"keytype\":\"CONTEXT\",\"tenant\":\"default\",\"context\":\".lab\",\"magic\":0}");
    assertKey(
        new AssociationKey("orders", "lkc-1", "topic", "value", ":.lkc-1:orders-value"),
        "{\"keytype\":\"ASSOC\",\"tenant\":\"default\",\"resourceName\":\"orders\","
            + "\"resourceNamespace\":\"lkc-1\",\"resourceType\":\"topic\","
            + "\"associationType\":\"value\",\"subject\":\":.lkc-1:orders-value\",\"magic\":0}");
    assertKey(new NoopKey(), "{\"keytype\":\"NOOP\",\"magic\":0}");
  }

  @Test
  void schemaWithEverythingIsWrittenAsConfluentWritesIt() throws BadRecordException {
    var tags = new TreeMap<String, SortedSet<String>>();
    tags.put("**.email", new TreeSet<>(List.of("PII")));
    var properties = new TreeMap<String, String>();
    properties.put("owner", "shop");
    var metadata = new Metadata(tags, properties, new TreeSet<>(List.of("owner")));
    var params = new TreeMap<String, String>();
    params.put("key", "k1");
    var rule =
        new Rule(
            "encrypt",
            null,
            Rule.Kind.TRANSFORM,
            Rule.When.WRITEREAD,
            "ENCRYPT",
            new TreeSet<>(List.of("PII")),
            params,
            null,
            null,
            "ERROR,NONE",
            false);
    var schema =
        new StoredSchema(
            "orders-value",
            2,
            7,
            SchemaContent.of(
                SchemaType.JSON,
                "{\"type\":\"object\"}",
                List.of(new SchemaReference("ref.json", "refs", 1)),
                metadata,
                new RuleSet(List.of(), List.of(rule), List.of(), null)),
            false,
            TIMESTAMP_MS,
            null);

    String golden =
        "{\"subject\":\"orders-value\",\"version\":2,\"id\":7,\"schemaType\":\"JSON\","
            + "\"references\":[{\"name\":\"ref.json\",\"subject\":\"refs\",\"version\":1}],"
            + "\"metadata\":{\"tags\":{\"**.email\":[\"PII\"]},\"properties\":{\"owner\":\"shop\"},"
            + "\"sensitive\":[\"owner\"]},"
            + "\"ruleSet\":{\"domainRules\":[{\"name\":\"encrypt\",\"kind\":\"TRANSFORM\","
            + "\"mode\":\"WRITEREAD\",\"type\":\"ENCRYPT\",\"tags\":[\"PII\"],"
            + "\"params\":{\"key\":\"k1\"},\"onFailure\":\"ERROR,NONE\",\"disabled\":false}]},"
            + "\"schema\":\"{\\\"type\\\":\\\"object\\\"}\",\"deleted\":false}";
    assertThat(RecordCodec.value(new SchemaValue(schema))).isEqualTo(golden);
    assertThat(schema.content().guid()).hasToString("946e7933-230d-cfbe-9ab0-90eb7bca055d");
    assertThat(RecordCodec.readValue(new SchemaKey("orders-value", 2), golden, TIMESTAMP_MS))
        .contains(new SchemaValue(schema));
  }

  @Test
  void otherValuesAreWrittenAsConfluentWritesThemAndReadBack() throws BadRecordException {
    var level = SubjectConfig.NONE.withLevelIfNone(CompatibilityLevel.FULL);
    assertValue(
        new ConfigKey("s"),
        new ConfigValue("s", level, null),
        "{\"subject\":\"s\",\"compatibilityLevel\":\"FULL\"}");
    assertValue(
        new ConfigKey(null),
        new ConfigValue(null, level, null),
        "{\"compatibilityLevel\":\"FULL\"}");
    assertValue(
        new ModeKey("s"),
        new ModeValue("s", Mode.IMPORT),
        "{\"subject\":\"s\",\"mode\":\"IMPORT\"}");
    assertValue(new ModeKey(null), new ModeValue(null, Mode.READONLY), "{\"mode\":\"READONLY\"}");
    assertValue(
        new DeleteSubjectKey("s"),
        new DeleteSubjectValue("s", 3),
        "{\"subject\":\"s\",\"version\":3}");
    assertValue(new ClearSubjectKey("s"), new ClearSubjectValue("s"), "{\"subject\":\"s\"}");
    assertValue(
        new ContextKey("default", ".lab"),
        new ContextValue("default", ".lab"),
        "{\"tenant\":\"default\",\"context\":\".lab\"}");
  }

  @Test
  void allSettingsOfAConfigComeBack() throws BadRecordException {
    String golden =
        "{\"subject\":\"s\",\"alias\":\"t\",\"aliasForDeks\":\"d\",\"normalize\":true,"
            + "\"validateFields\":false,\"validateNewSchemas\":true,\"validateRules\":false,"
            + "\"compatibilityLevel\":\"NONE\",\"compatibilityPolicy\":\"LENIENT\","
            + "\"compatibilityGroup\":\"major\","
            + "\"defaultMetadata\":{\"properties\":{\"a\":\"1\"}},"
            + "\"overrideMetadata\":{\"properties\":{\"b\":\"2\"}},"
            + "\"defaultRuleSet\":{},\"overrideRuleSet\":{\"enableAt\":\"CLIENT\"}}";
    var key = new ConfigKey("s");

    RecordValue read = RecordCodec.readValue(key, golden, TIMESTAMP_MS).orElseThrow();

    assertThat(RecordCodec.value(read)).isEqualTo(golden);
  }

  @Test
  void schemaOfAnOldRegistryHasNoTypeAndIsAvro() throws BadRecordException {
    String old = "{\"subject\":\"s\",\"version\":1,\"id\":1,\"schema\":\"\\\"string\\\"\"}";
    RecordKey key =
        RecordCodec.readKey("{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,\"magic\":0}");

    RecordValue read = RecordCodec.readValue(key, old, TIMESTAMP_MS).orElseThrow();

    assertThat(read)
        .isEqualTo(
            new SchemaValue(
                new StoredSchema(
                    "s",
                    1,
                    1,
                    SchemaContent.of(SchemaType.AVRO, "\"string\"", List.of(), null, null),
                    false,
                    TIMESTAMP_MS,
                    null)));
  }

  @Test
  void fieldsNobodyKnowsYetAreKeptWhenARecordIsRewritten() throws BadRecordException {
    String newer =
        "{\"subject\":\"s\",\"version\":1,\"id\":1,\"schemaType\":\"AVRO\","
            + "\"schema\":\"\\\"string\\\"\",\"deleted\":false,\"owner\":{\"name\":\"x\"},"
            + "\"offset\":12,\"ts\":5}";
    var read =
        (SchemaValue)
            RecordCodec.readValue(new SchemaKey("s", 1), newer, TIMESTAMP_MS).orElseThrow();

    String rewritten = RecordCodec.value(new SchemaValue(read.schema().deleted()));

    assertThat(rewritten)
        .isEqualTo(
            "{\"subject\":\"s\",\"version\":1,\"id\":1,\"schemaType\":\"AVRO\","
                + "\"schema\":\"\\\"string\\\"\",\"deleted\":true,\"owner\":{\"name\":\"x\"}}");
  }

  @Test
  void hashThatWasTakenBeforeEncryptionIsTheIdentityAndStays() throws BadRecordException {
    String encoded =
        "{\"subject\":\"s\",\"version\":1,\"id\":1,\"md5\":\"AAECAwQFBgcICQoLDA0ODw==\","
            + "\"schemaType\":\"AVRO\",\"schema\":\"\\\"string\\\"\",\"deleted\":false}";
    var read =
        (SchemaValue)
            RecordCodec.readValue(new SchemaKey("s", 1), encoded, TIMESTAMP_MS).orElseThrow();

    assertThat(read.schema().content().guid()).hasToString("00010203-0405-0607-0809-0a0b0c0d0e0f");
    assertThat(RecordCodec.value(read)).contains("\"md5\":\"AAECAwQFBgcICQoLDA0ODw==\"");
  }

  @Test
  void guidIsTheMd5OfTheTextAlone() {
    assertThat(SchemaContent.of(SchemaType.AVRO, "\"string\"", List.of(), null, null).guid())
        .hasToString("095d71cf-1255-6b9d-5e33-0ad575b3df5d"); // as md5sum says
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no json",
        "[]",
        "{}",
        "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"magic\":1}",
        "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":0,\"magic\":1}",
        "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,\"magic\":9}",
        "{\"keytype\":\"ASSOC\",\"tenant\":\"default\",\"resourceName\":\"t\",\"magic\":0}",
        "{\"keytype\":\"CONTEXT\",\"magic\":0}"
      })
  void keyThatMeansNothingIsRefused(String key) {
    assertThatThrownBy(() -> RecordCodec.readKey(key)).isInstanceOf(BadRecordException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no json",
        "7",
        "{}",
        "{\"id\":1}",
        "{\"id\":-1,\"schema\":\"x\"}",
        "{\"id\":1,\"schema\":\"x\",\"schemaType\":\"XML\"}",
        "{\"id\":1,\"schema\":\"x\",\"references\":[{\"name\":\"a\"}]}",
        "{\"id\":1,\"schema\":\"x\",\"md5\":\"AA==\"}",
        "{\"id\":1,\"schema\":\"x\",\"metadata\":7}"
      })
  void valueThatMeansNothingIsRefused(String value) {
    assertThatThrownBy(() -> RecordCodec.readValue(new SchemaKey("s", 1), value, 0))
        .isInstanceOf(BadRecordException.class);
  }

  private static Association association(long createdMs, long updatedMs) {
    return new Association(
        ":.lkc-1:orders-value",
        "0b9c4a5e-8d7f-4c57-9d7e-0d4c9f0f8a11",
        "orders",
        "lkc-1",
        "id-1",
        "topic",
        "value",
        Association.Lifecycle.STRONG,
        true,
        createdMs,
        updatedMs);
  }

  private static final String ASSOCIATION =
      "{\"guid\":\"0b9c4a5e-8d7f-4c57-9d7e-0d4c9f0f8a11\",\"tenant\":\"default\","
          + "\"resourceName\":\"orders\",\"resourceNamespace\":\"lkc-1\","
          + "\"resourceId\":\"id-1\",\"resourceType\":\"topic\",\"associationType\":\"value\","
          + "\"subject\":\":.lkc-1:orders-value\",\"lifecycle\":\"STRONG\",\"frozen\":true}";

  @Test
  void newAssociationIsWrittenAsConfluentWritesItAndWasMadeWhenItsRecordWas()
      throws BadRecordException {
    assertThat(RecordCodec.value(new AssociationValue(association(-1, -1)))).isEqualTo(ASSOCIATION);

    assertThat(
            RecordCodec.readValue(AssociationKey.of(association(0, 0)), ASSOCIATION, TIMESTAMP_MS))
        .contains(new AssociationValue(association(TIMESTAMP_MS, TIMESTAMP_MS)));
  }

  @Test
  void changedAssociationTellsWhenItWasMade() throws BadRecordException {
    String golden = ASSOCIATION.replace("}", ",\"createTs\":1600000000000}");

    assertThat(RecordCodec.value(new AssociationValue(association(1_600_000_000_000L, -1))))
        .isEqualTo(golden);
    assertThat(RecordCodec.readValue(AssociationKey.of(association(0, 0)), golden, TIMESTAMP_MS))
        .contains(new AssociationValue(association(1_600_000_000_000L, TIMESTAMP_MS)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"guid\":\"g\",\"resourceId\":\"r\"}",
        "{\"guid\":\"g\",\"lifecycle\":\"WEAK\"}",
        "{\"resourceId\":\"r\",\"lifecycle\":\"WEAK\"}",
        "{\"guid\":\"g\",\"resourceId\":\"r\",\"lifecycle\":\"LOOSE\"}"
      })
  void associationThatMeansNothingIsRefused(String value) {
    assertThatThrownBy(
            () -> RecordCodec.readValue(AssociationKey.of(association(0, 0)), value, TIMESTAMP_MS))
        .isInstanceOf(BadRecordException.class);
  }

  @Test
  void keyOfAKindThatIsNotUsedHereIsNoError() throws BadRecordException {
    assertThat(RecordCodec.readKey("{\"keytype\":\"NEWER\",\"subject\":\"s\",\"magic\":0}"))
        .isEqualTo(new OtherKey("NEWER"));
    assertThat(RecordCodec.readKey("{\"keytype\":\"ASSOC\",\"tenant\":\"t1\",\"magic\":0}"))
        .as("another tenant's")
        .isEqualTo(new OtherKey("ASSOC"));
    assertThat(RecordCodec.readValue(new OtherKey("NEWER"), "{\"guid\":\"g\"}", 0)).isEmpty();
  }

  private static void assertKey(RecordKey key, String golden) throws BadRecordException {
    assertThat(RecordCodec.key(key)).isEqualTo(golden);
    assertThat(RecordCodec.readKey(golden)).isEqualTo(key);
  }

  private static void assertValue(RecordKey key, RecordValue value, String golden)
      throws BadRecordException {
    assertThat(RecordCodec.value(value)).isEqualTo(golden);
    assertThat(RecordCodec.readValue(key, golden, TIMESTAMP_MS)).contains(value);
  }
}
