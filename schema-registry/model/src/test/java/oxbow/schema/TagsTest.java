package oxbow.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.json.JsonFormat;

class TagsTest {
  private final ParsedSchema avro =
      new AvroFormat()
          .parse(
              """
              {"type":"record","name":"ex.Order","confluent:tags":["ROOT"],"fields":[
                {"name":"mail","type":["null","string"],"confluent:tags":["PII"]},
                {"name":"lines","type":{"type":"array","items":{"type":"map","values":
                  {"type":"record","name":"Line","fields":[{"name":"n","type":"int"}]}}}}]}
              """,
              References.NONE);

  private final ParsedSchema json =
      new JsonFormat()
          .parse(
              """
              {"type":"object","properties":{
                "mail":{"type":"string","confluent:tags":["PII"]},
                "list":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}}}},
                "all":{"allOf":[{"type":"object","properties":{"y":{"not":{"type":"object"}}}}]},
                "if":{"if":{},"then":{"type":"object"}}},
               "definitions":{"D":{"type":"object","properties":{"z":{}}}}}
              """,
              References.NONE);

  @Test
  void readsTheTagsInTheText() {
    assertThat(avro.tags().toString())
        .isEqualTo(
            "{SchemaPart[path=ex.Order, isRecord=true]=[ROOT],"
                + " SchemaPart[path=ex.Order.mail, isRecord=false]=[PII]}");
    assertThat(json.tags().keySet()).containsExactly(new SchemaPart("object.mail", false));
  }

  @Test
  void putsTagsOnAndTakesThemOff() {
    var mail = new SchemaPart("ex.Order.mail", false);
    var line = new SchemaPart(".ex.Line.n", false);

    ParsedSchema tagged =
        avro.withTags(
            Map.of(mail, Set.of("B", "A"), line, Set.of("C")), Map.of(mail, Set.of("PII")));

    assertThat(tagged.tags().get(mail)).containsExactly("A", "B");
    assertThat(tagged.tags().get(new SchemaPart("ex.Line.n", false))).containsExactly("C");
    assertThat(tagged.withTags(Map.of(), tags(tagged)).canonicalText())
        .doesNotContain("confluent:tags");
    assertThat(tagged.whyCannotRead(avro)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "object",
        "object.list",
        "object.list.array.object",
        "object.list.array.object.x",
        "object.all.allof.0.object.y",
        "object.all.allof.0.object.y.not.object",
        "object.if.conditional.then.object",
        "object.definitions.D.object.z",
      })
  void findsThePartsOfJsonSchemas(String path) {
    var part = new SchemaPart(path, path.endsWith("object"));

    ParsedSchema tagged = json.withTags(Map.of(part, Set.of("T")), Map.of());

    assertThat(tagged.tags().get(part)).containsExactly("T");
    assertThat(json.tags()).doesNotContainKey(part);
  }

  @Test
  void aPartThatIsNotThereIsRefused() {
    Map<SchemaPart, Set<String>> tags = Map.of(new SchemaPart("object.none", false), Set.of("T"));

    assertThatThrownBy(() -> json.withTags(tags, Map.of()))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageContaining("object.none");
    assertThatThrownBy(() -> avro.withTags(tags, Map.of()))
        .isInstanceOf(InvalidSchemaException.class);
  }

  private static Map<SchemaPart, Set<String>> tags(ParsedSchema schema) {
    var tags = new HashMap<SchemaPart, Set<String>>();
    for (Map.Entry<SchemaPart, SortedSet<String>> each : schema.tags().entrySet()) {
      tags.put(each.getKey(), each.getValue());
    }
    return tags;
  }
}
