package oxbow.schema.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;
import oxbow.schema.SchemaReference;
import oxbow.schema.avro.AvroFormat;

class JsonFormatTest {
  private final JsonFormat format = new JsonFormat();

  @Test
  void keepsTheTextWithoutWhiteSpace() {
    String text =
        """
        { "type" : "object", "title": "Order",
          "properties": { "b": {"type": "number", "minimum": 1.50, "maximum": 1e3},
                          "a": {"type": ["null", "string"], "default": "\\u00e4"} } }
        """;

    JsonSchema schema = format.parseNew(text, References.NONE);

    assertThat(schema.canonicalText())
        .isEqualTo(
            "{\"type\":\"object\",\"title\":\"Order\",\"properties\":{"
                + "\"b\":{\"type\":\"number\",\"minimum\":1.50,\"maximum\":1E+3},"
                + "\"a\":{\"type\":[\"null\",\"string\"],\"default\":\"\u00e4\"}}}");
    assertThat(format.parse(schema.canonicalText(), References.NONE)).isEqualTo(schema);
    assertThat(schema.formatted("resolved")).isEqualTo(schema.canonicalText());
    assertThat(schema.recordName()).contains("Order");
    assertThat(format.parse("true", References.NONE).recordName()).isEmpty();
  }

  @Test
  void normalizingSortsAllKeys() {
    JsonSchema schema =
        schema(
            "{'type':'object','properties':{'b':{'type':'string','title':'x'},'a':{}},'allOf':[{'z':1,'y':2}]}");

    assertThat(schema.normalized().canonicalText().replace('"', '\''))
        .isEqualTo(
            "{'allOf':[{'y':2,'z':1}],'properties':{'a':{},'b':{'title':'x','type':'string'}},'type':'object'}");
    assertThat(schema.normalized().normalized()).isEqualTo(schema.normalized());
  }

  @Test
  void normalizingKeepsWhatHasAnOrderAndHowNumbersAreWritten() {
    JsonSchema schema =
        schema(
            "{'required':['b','a'],'enum':[{'z':1,'a':2.50},1e2,null],'B':1,'a':{'\u00e9':1,'z':2}}");

    assertThat(schema.normalized().canonicalText().replace('"', '\''))
        .isEqualTo(
            "{'B':1,'a':{'z':2,'\u00e9':1},'enum':[{'a':2.50,'z':1},1E+2,null],'required':['b','a']}");
  }

  @Test
  void normalizingOrdersReferencesBySubjectAndVersionOnly() {
    var later = new SchemaReference("a.json", "s", 2);
    var second = new SchemaReference("z.json", "s", 1);
    var third = new SchemaReference("b.json", "s", 1);
    var references = new References(List.of(later, second, third, second), new LinkedHashMap<>());

    assertThat(format.parse("{}", references).normalized().references().declared())
        .containsExactly(second, third, later);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{} {}",
        "null",
        "1",
        "'string'",
        "[]",
        "{'type':'strin'}",
        "{'type':5}",
        "{'type':[]}",
        "{'properties':[]}",
        "{'properties':{'a':1}}",
        "{'properties':{'a':{'required':true}}}",
        "{'required':['a',1]}",
        "{'items':'string'}",
        "{'allOf':[]}",
        "{'oneOf':{'type':'string'}}",
        "{'enum':'a'}",
        "{'minLength':-1}",
        "{'minimum':'1'}",
        "{'multipleOf':0}",
        "{'pattern':'['}",
        "{'patternProperties':{'(':{}}}",
        "{'uniqueItems':1}",
        "{'$ref':'#/definitions/none'}",
        "{'$ref':'#none'}",
        "{'$ref':1}",
        "{'$ref':'http://example.com/other.json'}",
        "{'$ref':'file:///etc/passwd'}",
        "{'$ref':'other.json'}",
        "{'properties':{'a':{'$ref':'#/definitions/a'}},'definitions':{'a':{'type':'nothing'}}}",
      })
  void refusesWhatIsNoSchema(String text) {
    assertThatThrownBy(() -> format.parseNew(text.replace('\'', '"'), References.NONE))
        .isInstanceOf(InvalidSchemaException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "false",
        "{}",
        "{'$schema':'http://json-schema.org/draft-04/schema#','id':'http://x/y','minimum':1,'exclusiveMinimum':true}",
        "{'$schema':'http://json-schema.org/draft-06/schema#','exclusiveMinimum':1}",
        "{'$schema':'http://json-schema.org/draft-07/schema#','if':{},'then':true,'else':false}",
        "{'$schema':'https://json-schema.org/draft/2019-09/schema','$defs':{'a':{'$anchor':'b'}},'$ref':'#b','type':'string'}",
        "{'$schema':'https://json-schema.org/draft/2020-12/schema','prefixItems':[{}],'items':false}",
        "{'$ref':'http://json-schema.org/draft-07/schema#'}",
        "{'definitions':{'unused':{'type':'nothing'}}}",
        "{'enum':[{'$ref':'not a reference','$id':'nor an id'}]}",
        "{'properties':{'$ref':{'type':'string'},'id':{'type':'string'}}}",
        "{'type':'string','anyKeywordOfOthers':{'type':7}}",
      })
  void takesAllDraftsAndWhatOthersHaveAdded(String text) {
    assertThat(schema(text).canonicalText()).isEqualTo(text.replace('\'', '"'));
    assertThat(schema(text).whyCannotRead(schema(text))).isEmpty();
  }

  @Test
  void resolvesReferencesByNameByAddressAndByPointer() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("address.json", "{'type':'object','definitions':{'zip code':{'type':'integer'}}}");
    texts.put("person", "{'$id':'http://example.com/person.json','type':'string'}");
    JsonSchema schema =
        schema(
            "{'$id':'http://example.com/root.json','properties':{"
                + "'a':{'$ref':'address.json#/definitions/zip%20code'},"
                + "'b':{'$ref':'person.json'},"
                + "'c':{'$ref':'http://example.com/person.json#'},"
                + "'d':{'$ref':'#/properties/e'},"
                + "'e':{'$id':'inner.json','type':'boolean','definitions':{'x':{'$id':'#here','type':'null'}}},"
                + "'f':{'$ref':'inner.json#here'},"
                + "'g':{'$ref':'inner.json'}}}",
            texts);

    assertThat(schema.shape().columns().stream().map(each -> each.name() + " " + each.type()))
        .containsExactly(
            "a LONG", "b STRING", "c STRING", "d BOOLEAN", "e BOOLEAN", "f OPAQUE", "g BOOLEAN");
  }

  @Test
  void inlinedReferencesKeepTheirDraftAndFindEachOther() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(
        "dir/list.json",
        "{'$schema':'https://json-schema.org/draft/2020-12/schema','prefixItems':[{'type':'string'}],'items':false}");
    texts.put("dir/box.json", "{'properties':{'list':{'$ref':'list.json'}}}");
    JsonSchema schema = schema("{'$ref':'dir/box.json'}", texts);

    JsonSchema alone = format.parseNew(schema.formatted("resolved"), References.NONE);

    assertThat(alone.shape()).isEqualTo(schema.shape());
    assertThat(alone.whyCannotRead(schema)).isEmpty();
    assertThat(schema.whyCannotRead(alone)).isEmpty();
    assertThat(
            schema("{'properties':{'list':{'items':[{'type':'integer'}]}}}").whyCannotRead(alone))
        .isNotEmpty();
  }

  @Test
  void registeredTextsWithoutSenseAreStillRead() {
    JsonSchema schema =
        format.parse("{\"type\":9,\"properties\":{\"a\":{\"$ref\":\"gone\"}}}", References.NONE);

    assertThat(schema.whyCannotRead(schema)).isEmpty();
    assertThat(schema.shape().columns()).hasSize(1);
  }

  @Test
  void anotherLanguageIsNeverCompatible() {
    var avro = new AvroFormat().parse("\"string\"", References.NONE);

    assertThat(schema("{'type':'string'}").whyCannotRead(avro)).hasSize(1);
    assertThat(avro.whyCannotRead(schema("{'type':'string'}"))).hasSize(1);
  }

  @Test
  void hostileTextsCostLittleTime() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          refuse("[".repeat(100_000));
          refuse("{'not':".repeat(1_000) + "{}" + "}".repeat(1_000));
          refuse("{'title':'" + "x".repeat(5_000_000) + "'}");
          compareWithItself("{'$ref':'#'}");
          compareWithItself(
              "{'$ref':'#/definitions/a','definitions':{'a':{'$ref':'#/definitions/b'},'b':{'$ref':'#/definitions/a'}}}");
          compareWithItself("{'allOf':[{'$ref':'#'},{'$ref':'#'}]}");
          compareWithItself("{'not':{'$ref':'#'}}");
          compareWithItself(doublingReferences(64));
          compareWithItself(chainOfReferences(5_000));
          JsonSchema wide = schema(wideUnion(150, "integer"));
          assertThat(wide.whyCannotRead(schema(wideUnion(150, "string")))).isNotEmpty();
          assertThat(wide.whyCannotRead(wide)).isEmpty();
          JsonSchema slow =
              schema(
                  "{'patternProperties':{'^(a+)+$':{'type':'string'}},'additionalProperties':false}");
          JsonSchema long0 = schema("{'properties':{'" + "a".repeat(40) + "!':{'type':'string'}}}");
          assertThat(slow.whyCannotRead(long0)).isNotEmpty();
        });
  }

  private void compareWithItself(String text) {
    JsonSchema schema = schema(text);
    assertThat(schema.whyCannotRead(schema(text)))
        .allMatch(each -> each.rule().equals("TOO_COMPLEX"));
    assertThat(schema.shape().columns()).isNotEmpty();
    assertThat(schema.normalized().canonicalText()).isNotEmpty();
  }

  private void refuse(String text) {
    assertThatThrownBy(() -> schema(text)).isInstanceOf(InvalidSchemaException.class);
  }

  /** Each definition has two properties of the next. */
  private static String doublingReferences(int depth) {
    StringBuilder text = new StringBuilder("{'$ref':'#/definitions/d0','definitions':{");
    for (int i = 0; i < depth; i++) {
      String next = "{'$ref':'#/definitions/d" + (i + 1) + "'}";
      text.append("'d").append(i).append("':{'properties':{'a':").append(next);
      text.append(",'b':").append(next).append("},'oneOf':[").append(next).append(",{}]},");
    }
    return text + "'d" + depth + "':{'type':'string'}}}";
  }

  private static String chainOfReferences(int length) {
    StringBuilder text = new StringBuilder("{'$ref':'#/definitions/d0','definitions':{");
    for (int i = 0; i < length; i++) {
      text.append("'d").append(i).append("':{'properties':{'a':{'$ref':'#/definitions/d");
      text.append(i + 1).append("'}}},");
    }
    return text + "'d" + length + "':{'type':'string'}}}";
  }

  private static String wideUnion(int width, String type) {
    StringBuilder text = new StringBuilder("{'oneOf':[{'type':'null'}");
    for (int i = 0; i < width; i++) {
      text.append(",{'type':'object','properties':{'p").append(i).append("':{'type':'");
      text.append(type).append("'}},'required':['p").append(i).append("']}");
    }
    return text + "]}";
  }

  private JsonSchema schema(String text) {
    return schema(text, Map.of());
  }

  private JsonSchema schema(String text, Map<String, String> referenced) {
    var texts = new LinkedHashMap<String, String>();
    referenced.forEach((name, each) -> texts.put(name, each.replace('\'', '"')));
    List<SchemaReference> declared =
        texts.keySet().stream().map(name -> new SchemaReference(name, name, 1)).toList();
    return format.parseNew(text.replace('\'', '"'), new References(declared, texts));
  }
}
