package oxbow.schema.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;
import oxbow.schema.SchemaReference;

class AvroFormatTest {
  private static final String ADDRESS =
      "{\"type\":\"record\",\"name\":\"Address\",\"namespace\":\"ex\","
          + "\"fields\":[{\"name\":\"street\",\"type\":\"string\"}]}";

  private final AvroFormat format = new AvroFormat();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"string\"} | \"string\"",
        " \"int\"  | \"int\"",
        "[ \"null\", {\"type\" : \"long\"} ] | [\"null\",\"long\"]",
        "{\"fields\":[{\"type\":{\"type\":\"string\"},\"name\":\"a\"}],\"name\":\"ex.R\",\"type\":\"record\"}"
            + " | {\"type\":\"record\",\"name\":\"R\",\"namespace\":\"ex\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}",
        "{\"type\":\"record\",\"namespace\":\"ex\",\"name\":\"R\",\"doc\":\"d\",\"x\":1,\"aliases\":[\"Q\"],\"fields\":["
            + "{\"name\":\"a\",\"doc\":\"e\",\"order\":\"ignore\",\"aliases\":[\"b\"],\"y\":[2],\"type\":\"int\",\"default\":1}]}"
            + " | {\"type\":\"record\",\"name\":\"R\",\"namespace\":\"ex\",\"doc\":\"d\",\"fields\":["
            + "{\"name\":\"a\",\"type\":\"int\",\"doc\":\"e\",\"default\":1,\"order\":\"ignore\",\"aliases\":[\"b\"],\"y\":[2]}],\"x\":1,\"aliases\":[\"Q\"]}",
        "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"scale\":2,\"precision\":9}"
            + " | {\"type\":\"bytes\",\"logicalType\":\"decimal\",\"scale\":2,\"precision\":9}",
        "{\"type\":\"enum\",\"name\":\"E\",\"default\":\"A\",\"symbols\":[\"A\",\"B\"]}"
            + " | {\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],\"default\":\"A\"}",
      })
  void keepsTheTextThatAvroWrites(String given, String canonical) {
    AvroSchema schema = format.parseNew(given, References.NONE);

    assertThat(schema.canonicalText()).isEqualTo(canonical);
    assertThat(format.parse(canonical, References.NONE)).isEqualTo(schema);
  }

  @Test
  void shortensNamesWithinTheirNamespaceAndNamesWhatIsReferenced() {
    String text =
        "{\"type\":\"record\",\"name\":\"ex.Person\",\"fields\":["
            + "{\"name\":\"home\",\"type\":\"ex.Address\"}]}";

    AvroSchema schema = format.parseNew(text, references(Map.of("ex.Address", ADDRESS)));

    assertThat(schema.canonicalText())
        .isEqualTo(
            "{\"type\":\"record\",\"name\":\"Person\",\"namespace\":\"ex\",\"fields\":["
                + "{\"name\":\"home\",\"type\":\"Address\"}]}");
    assertThat(schema.formatted("resolved"))
        .isEqualTo(
            "{\"type\":\"record\",\"name\":\"Person\",\"namespace\":\"ex\",\"fields\":["
                + "{\"name\":\"home\",\"type\":{\"type\":\"record\",\"name\":\"Address\","
                + "\"fields\":[{\"name\":\"street\",\"type\":\"string\"}]}}]}");
    assertThat(schema.formatted("no such form")).isEqualTo(schema.canonicalText());
    assertThat(schema.recordName()).contains("ex.Person");
  }

  @Test
  void aLookUpWithInlinedReferencesFindsTheSchemaThatRefers() {
    String text =
        "{\"type\":\"record\",\"name\":\"ex.Person\",\"fields\":["
            + "{\"name\":\"home\",\"type\":\"ex.Address\"}]}";
    AvroSchema registered = format.parseNew(text, references(Map.of("ex.Address", ADDRESS)));

    AvroSchema inlined = format.parseNew(registered.formatted("resolved"), References.NONE);

    assertThat(inlined.finds(registered)).isTrue();
    assertThat(registered.finds(inlined)).isFalse();
    assertThat(registered.finds(registered)).isTrue();
    assertThat(format.parse("\"string\"", References.NONE).finds(registered)).isFalse();
  }

  @Test
  void normalizingSortsPropertiesAndAliasesAndDropsEmptyDocs() {
    String one =
        "{\"type\":\"record\",\"name\":\"R\",\"doc\":\"\",\"z\":1,\"b\":{\"d\":1,\"c\":2},\"fields\":["
            + "{\"name\":\"a\",\"type\":{\"type\":\"long\",\"y\":1,\"logicalType\":\"timestamp-millis\",\"x\":0},"
            + "\"aliases\":[\"n\",\"m\"],\"q\":true,\"p\":null,\"default\":0},"
            + "{\"name\":\"b\",\"type\":[\"null\",\"float\"],\"default\":null}]}";
    String other =
        "{\"type\":\"record\",\"name\":\"R\",\"b\":{\"c\":2,\"d\":1},\"z\":1,\"fields\":["
            + "{\"name\":\"a\",\"type\":{\"type\":\"long\",\"x\":0,\"logicalType\":\"timestamp-millis\",\"y\":1},"
            + "\"aliases\":[\"m\",\"n\"],\"p\":null,\"q\":true,\"default\":0},"
            + "{\"name\":\"b\",\"type\":[\"null\",\"float\"],\"default\":null}]}";

    AvroSchema normalized = format.parseNew(one, References.NONE).normalized();

    assertThat(normalized).isEqualTo(format.parseNew(other, References.NONE).normalized());
    assertThat(normalized.normalized()).isEqualTo(normalized);
    assertThat(normalized.canonicalText())
        .isEqualTo(
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                + "{\"name\":\"a\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\",\"x\":0,\"y\":1},"
                + "\"default\":0,\"aliases\":[\"m\",\"n\"],\"p\":null,\"q\":true},"
                + "{\"name\":\"b\",\"type\":[\"null\",\"float\"],\"default\":null}],"
                + "\"b\":{\"c\":2,\"d\":1},\"z\":1}");
  }

  @Test
  void normalizingSortsReferences() {
    var address = new SchemaReference("ex.Address", "address", 2);
    var texts = new LinkedHashMap<>(Map.of("ex.Address", ADDRESS));
    var twice = new References(List.of(address, new SchemaReference("x", "a", 1), address), texts);

    AvroSchema normalized = format.parse("\"ex.Address\"", twice).normalized();

    assertThat(normalized.references().declared())
        .containsExactly(new SchemaReference("x", "a", 1), address);
    assertThat(normalized.canonicalText()).isEqualTo("\"ex.Address\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "1",
        "\"nothing\"",
        "{}",
        "{\"type\":\"record\"}",
        "\"int\" \"int\"",
        "[[\"int\"]]",
        "[\"int\",\"int\"]",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":{}}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}]}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"a\"]}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":\"a\"}",
      })
  void refusesWhatIsNoSchema(String text) {
    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .isInstanceOf(InvalidSchemaException.class);
    assertThatThrownBy(() -> format.parse(text, References.NONE))
        .isInstanceOf(InvalidSchemaException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"record\",\"name\":\"a-b\",\"fields\":[]}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2000000000}",
        "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"my-team\",\"fields\":[]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"1\",\"type\":\"int\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"int\"],\"default\":\"null\"}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"int\"},\"default\":[null]}]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"Q\","
            + "\"fields\":[{\"name\":\"b\",\"type\":\"int\"}]},\"default\":{}}]}",
      })
  void takesOldTextsThatNewOnesMayNotBe(String text) {
    assertThat(format.parse(text, References.NONE).canonicalText()).isNotEmpty();
    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .isInstanceOf(InvalidSchemaException.class);
  }

  @Test
  void saysWhichDefaultDoesNotFit() {
    String text =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            + "{\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}]}";

    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .hasMessage("Invalid default for field a: \"x\" not a \"int\"");
  }

  @Test
  void aUnionsDefaultMayBeOfAnyBranch() {
    String text =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            + "{\"name\":\"a\",\"type\":[\"null\",\"int\"],\"default\":3}]}";

    assertThat(format.parseNew(text, References.NONE).canonicalText()).isEqualTo(text);
  }

  @Test
  void hostileTextsCostLittleTimeAndAreRefusedOrTaken() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          assertRefused("[".repeat(1_000_000));
          assertRefused("{\"type\":\"array\",\"items\":".repeat(500) + "\"int\"" + "}".repeat(500));
          assertRefused("\"" + "x".repeat(5_000_000) + "\"");
          assertRefused(selfContainingDefault());
          assertRefused(chainOfRecords(5_000));
          AvroSchema doubling = format.parseNew(doublingDefaults(60), References.NONE);
          assertThat(doubling.shape().columns()).hasSize(2);
          assertThat(doubling.normalized().canonicalText()).isNotEmpty();
          assertThat(doubling.whyCannotRead(doubling)).isEmpty();
          AvroSchema wide = format.parseNew(wideUnion(400, "A", "int"), References.NONE);
          AvroSchema other = format.parseNew(wideUnion(400, "B", "string"), References.NONE);
          assertThat(wide.whyCannotRead(other)).isNotEmpty();
          assertThat(wide.shape().columns()).hasSize(1);
        });
  }

  @Test
  void whatBreaksInARecordUsedAgainAndAgainIsToldOnce() {
    AvroSchema reader = format.parseNew(doubling(60, "\"int\""), References.NONE);
    AvroSchema writer = format.parseNew(doubling(60, "\"string\""), References.NONE);

    var broken = reader.whyCannotRead(writer);

    assertThat(broken).hasSize(1);
    assertThat(broken.getFirst().rule()).isEqualTo("TYPE_MISMATCH");
  }

  @Test
  void recursiveTypesAreReadAndCompared() {
    String list =
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
            + "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}";
    AvroSchema old = format.parseNew(list, References.NONE);
    AvroSchema wider = format.parseNew(list.replace("\"int\"", "\"long\""), References.NONE);

    assertThat(wider.whyCannotRead(old)).isEmpty();
    assertThat(old.whyCannotRead(wider)).hasSize(1);
    assertThat(old.shape().columns()).hasSize(2);
  }

  private void assertRefused(String text) {
    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .isInstanceOf(InvalidSchemaException.class);
  }

  private static String selfContainingDefault() {
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        + "{\"name\":\"a\",\"type\":\"R\",\"default\":{}}]}";
  }

  /** Each record has two fields of the next; written out that is two to the power of the depth. */
  private static String doublingDefaults(int depth) {
    String inner = "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}";
    for (int i = 1; i <= depth; i++) {
      inner =
          "{\"type\":\"record\",\"name\":\"R"
              + i
              + "\",\"fields\":["
              + "{\"name\":\"a\",\"type\":"
              + inner
              + ",\"default\":{}},"
              + "{\"name\":\"b\",\"type\":\"R"
              + (i - 1)
              + "\",\"default\":{}}]}";
    }
    return inner;
  }

  private static String doubling(int depth, String leaf) {
    String inner =
        "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[{\"name\":\"x\",\"type\":" + leaf + "}]}";
    for (int i = 1; i <= depth; i++) {
      inner =
          "{\"type\":\"record\",\"name\":\"R"
              + i
              + "\",\"fields\":["
              + "{\"name\":\"a\",\"type\":"
              + inner
              + "},"
              + "{\"name\":\"b\",\"type\":\"R"
              + (i - 1)
              + "\"}]}";
    }
    return inner;
  }

  /** Flat as a text, deep as a type. */
  private static String chainOfRecords(int length) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < length; i++) {
      text.append("{\"type\":\"record\",\"name\":\"R").append(i);
      text.append("\",\"fields\":[{\"name\":\"a\",\"type\":\"R").append(i + 1).append("\"}]},");
    }
    return text.append("{\"type\":\"fixed\",\"name\":\"R")
        .append(length)
        .append("\",\"size\":1}]")
        .toString();
  }

  private static String wideUnion(int width, String name, String type) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < width; i++) {
      text.append("{\"type\":\"record\",\"name\":\"").append(name).append(i);
      text.append("\",\"fields\":[{\"name\":\"a\",\"type\":\"").append(type).append("\"}]},");
    }
    return text.append("\"null\"]").toString();
  }

  private static References references(Map<String, String> texts) {
    List<SchemaReference> declared =
        texts.keySet().stream().map(name -> new SchemaReference(name, name, 1)).toList();
    return new References(declared, new LinkedHashMap<>(texts));
  }
}
