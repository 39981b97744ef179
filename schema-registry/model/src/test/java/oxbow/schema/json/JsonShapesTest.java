package oxbow.schema.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.Decoder;
import oxbow.schema.References;
import oxbow.schema.UndecodableException;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;

class JsonShapesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'integer'} | LONG",
        "{'type':'number'} | DOUBLE",
        "{'type':'string'} | STRING",
        "{'type':'string','format':'date'} | DATE",
        "{'type':'string','format':'uuid'} | UUID",
        "{'type':'string','format':'date-time'} | STRING",
        "{'type':'string','format':'time'} | STRING",
        "{'type':'boolean'} | BOOLEAN",
        "{'type':'null'} | OPAQUE",
        "{'type':['null','integer']} | LONG",
        "{'type':['string','integer']} | OPAQUE",
        "{'oneOf':[{'type':'null'},{'type':'number'}]} | DOUBLE",
        "{'anyOf':[{'type':'string'},{'type':'number'}]} | OPAQUE",
        "{'enum':['a','b']} | STRING",
        "{'enum':[1,2]} | LONG",
        "{'enum':[1,'a']} | OPAQUE",
        "{'const':true} | BOOLEAN",
        "{'type':'string','enum':['a']} | STRING",
        "{} | OPAQUE",
        "{'type':'object'} | OPAQUE",
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{}}} | {a:LONG,b:OPAQUE}",
        "{'type':['object','null'],'properties':{'a':{'type':'integer'}}} | {a:LONG}",
        "{'type':'object','additionalProperties':{'type':'integer'}} | <LONG>",
        "{'type':'object','additionalProperties':false} | OPAQUE",
        "{'type':'object','patternProperties':{'a':{}},'additionalProperties':{'type':'integer'}} | OPAQUE",
        "{'type':'array','items':{'type':'integer'}} | [LONG]",
        "{'type':'array','items':[{'type':'integer'}]} | OPAQUE",
        "{'type':'array'} | OPAQUE",
        "{'allOf':[{'properties':{'a':{'type':'integer'}}},{'properties':{'b':{'type':'string'}}}]} | {a:LONG,b:STRING}",
        "{'properties':{'a':{'type':'integer'}},'allOf':[{'if':{},'then':{}}]} | {a:LONG}",
        "{'$ref':'#/definitions/x'} | {self:OPAQUE,v:LONG}",
      })
  void givesEachSchemaItsColumn(String schema, String type) {
    String text =
        "{'type':'object','properties':{'f':"
            + schema
            + "},'definitions':{'x':{'properties':{'self':{'$ref':'#/definitions/x'},'v':{'type':'integer'}}}}}";

    Column column = schema(text).shape().columns().getFirst();

    assertThat(shown(column.type())).isEqualTo(type);
    assertThat(column.isOptional()).isTrue();
  }

  @Test
  void aSchemaThatIsNoObjectHasAColumnCalledValue() {
    assertThat(schema("{'type':'array','items':{'type':'string'}}").shape().columns())
        .singleElement()
        .satisfies(each -> assertThat(each.name()).isEqualTo("value"))
        .satisfies(each -> assertThat(shown(each.type())).isEqualTo("[STRING]"));
    assertThat(schema("true").shape().columns()).hasSize(1);
    assertThat(schema("{'type':'object'}").shape().columns().getFirst().type())
        .isEqualTo(Type.Plain.OPAQUE);
  }

  @Test
  void theRootWithinItselfIsOpaque() {
    var columns =
        schema("{'properties':{'v':{'type':'integer','description':'d'},'next':{'$ref':'#'}}}")
            .shape()
            .columns();

    assertThat(columns.stream().map(each -> each.name() + shown(each.type()) + each.doc()))
        .containsExactly("vLONGd", "nextOPAQUEnull");
  }

  @Test
  void showsValuesWithoutWhiteSpaceAndNumbersAsTheyStand() {
    JsonSchema schema = schema("{'type':'object'}");

    assertThat(
            decoded("{ \"a\" : 1.50, \"b\": [ 123456789012345678901234567890 ] }", schema, schema))
        .isEqualTo("{\"a\":1.50,\"b\":[123456789012345678901234567890]}");
  }

  @Test
  void aReaderAddsItsDefaults() {
    JsonSchema reader =
        schema(
            "{'properties':{'a':{'type':'integer','default':7},'b':{'$ref':'#/definitions/l'}},"
                + "'allOf':[{'properties':{'d':{'default':[1]}}}],"
                + "'definitions':{'l':{'items':{'properties':{'c':{'default':null}}}}}}");

    assertThat(decoded("{'b':[{},{'c':1}]}", schema("true"), reader).replace('"', '\''))
        .isEqualTo("{'b':[{'c':null},{'c':1}],'d':[1],'a':7}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{} {}", "nope", "[[[["})
  void bytesThatAreNoJsonAreUndecodable(String text) {
    JsonSchema schema = schema("true");

    assertThatThrownBy(() -> decoded(text, schema, schema))
        .isInstanceOf(UndecodableException.class);
  }

  private static String decoded(String text, JsonSchema writer, JsonSchema reader) {
    String json = text.replace('\'', '"');
    return Decoder.bare(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)), writer, reader);
  }

  private static String shown(Type type) {
    return switch (type) {
      case Type.Struct struct ->
          struct.parts().stream()
              .map(each -> each.name() + ":" + shown(each.type()))
              .collect(Collectors.joining(",", "{", "}"));
      case Type.ListOf list -> "[" + shown(list.element().type()) + "]";
      case Type.MapOf map -> "<" + shown(map.value().type()) + ">";
      default -> type.toString();
    };
  }

  private static JsonSchema schema(String text) {
    return new JsonFormat().parseNew(text.replace('\'', '"'), References.NONE);
  }
}
