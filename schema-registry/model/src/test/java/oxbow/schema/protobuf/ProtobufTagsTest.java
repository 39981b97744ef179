package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;
import oxbow.schema.SchemaPart;

class ProtobufTagsTest {
  private static final SchemaPart MESSAGE = new SchemaPart("M", true);
  private static final SchemaPart ID = new SchemaPart("M.id", false);
  private static final SchemaPart CARD = new SchemaPart("M.card", false);
  private static final SchemaPart INNER = new SchemaPart("M.N.inner", false);

  private final ProtobufSchema schema =
      new ProtobufFormat()
          .parseNew(
              """
              syntax = "proto3";
              package p.q;
              message M {
                option (confluent.message_meta).tags = "A";
                int32 id = 1 [
                  (confluent.field_meta).tags = "B", deprecated = true,
                  (.confluent.field_meta) = { doc: "d", tags: ["C", "B"] }];
                oneof pay { string card = 2; }
                message N { string inner = 3; }
              }
              """,
              References.NONE);

  @Test
  void tagsAreReadHoweverTheyAreWritten() {
    assertThat(schema.tags()).isEqualTo(Map.of(MESSAGE, Set.of("A"), ID, Set.of("B", "C")));
  }

  @Test
  void tagsArePutOnAndTakenOff() {
    SchemaPart card = new SchemaPart(".M.pay.card", false);

    ProtobufSchema changed =
        schema.withTags(
            Map.of(MESSAGE, Set.of("X"), card, Set.of("Y", "Z"), INNER, Set.of("Z")),
            Map.of(ID, Set.of("B"), MESSAGE, Set.of("A", "none"), CARD, Set.of("Z")));

    assertThat(changed.tags())
        .isEqualTo(
            Map.of(MESSAGE, Set.of("X"), ID, Set.of("C"), CARD, Set.of("Y"), INNER, Set.of("Z")));
    assertThat(changed.canonicalText())
        .contains(
            """
              int32 id = 1 [
                (confluent.field_meta) = {
                  tags: [
                    "C"
                  ],
                  doc: "d"
                },
                deprecated = true
              ];
            """);
    assertThat(changed.withTags(Map.of(), Map.of())).isEqualTo(changed);
  }

  @Test
  void anOptionThatHasNothingLeftGoes() {
    ProtobufSchema changed = schema.withTags(Map.of(), Map.of(MESSAGE, Set.of("A")));

    assertThat(changed.canonicalText()).doesNotContain("message_meta");
  }

  @Test
  void clientsSeeTagsInTheDescriptorAlsoWithoutAnImport() {
    ProtobufSchema changed = schema.withTags(Map.of(CARD, Set.of("PII")), Map.of());

    ProtobufSchema again =
        new ProtobufFormat().parse(changed.formatted("serialized"), References.NONE);

    assertThat(again.tags()).isEqualTo(changed.tags());
  }

  @Test
  void aPathThatIsNotThereIsRefused() {
    Map<SchemaPart, Set<String>> tags = Map.of(new SchemaPart("M.nowhere", false), Set.of("A"));

    assertThatThrownBy(() -> schema.withTags(tags, Map.of()))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessage("No matching path 'M.nowhere' found in the schema");
    assertThatThrownBy(
            () -> schema.withTags(Map.of(), Map.of(new SchemaPart("M.id", true), Set.of())))
        .isInstanceOf(InvalidSchemaException.class);
  }
}
