package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.References;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.layout.Shape;
import oxbow.schema.layout.Type;

class ProtobufShapesTest {
  private final ProtobufFormat format = new ProtobufFormat();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "int32 a = 1; | a#1 INT",
        "sint32 a = 1; | a#1 INT",
        "sfixed32 a = 1; | a#1 INT",
        "uint32 a = 1; | a#1 LONG",
        "fixed32 a = 1; | a#1 LONG",
        "int64 a = 1; | a#1 LONG",
        "sint64 a = 1; | a#1 LONG",
        "sfixed64 a = 1; | a#1 LONG",
        "uint64 a = 1; | a#1 Decimal[precision=20, scale=0]",
        "fixed64 a = 1; | a#1 Decimal[precision=20, scale=0]",
        "float a = 1; | a#1 FLOAT",
        "double a = 1; | a#1 DOUBLE",
        "bool a = 1; | a#1 BOOLEAN",
        "string a = 1; | a#1 STRING",
        "bytes a = 1; | a#1 BINARY",
        "E a = 1; enum E { Z = 0; } | a#1 STRING",
        "optional int32 a = 1; | a#1? INT",
        "N a = 1; message N { int32 b = 7; } | a#1? {b#7 INT}",
        "repeated int32 a = 5; | a#5 [INT]",
        "repeated N a = 5; message N { string b = 1; } | a#5 [{b#1 STRING}]",
        "map<string, int64> a = 2; | a#2 <STRING, LONG>",
        "map<uint32, N> a = 2; message N { string b = 1; } | a#2 <LONG, {b#1 STRING}>",
        "oneof o { int32 a = 3; string b = 4; } bool c = 5; | a#3? INT, b#4? STRING, c#5 BOOLEAN",
        "google.protobuf.Timestamp a = 1; | a#1? TIMESTAMP_NANOS_UTC",
        "google.protobuf.Duration a = 1; | a#1? {seconds#1 LONG, nanos#2 INT}",
        "google.protobuf.UInt64Value a = 1; | a#1? Decimal[precision=20, scale=0]",
        "google.protobuf.StringValue a = 1; | a#1? STRING",
        "repeated google.protobuf.BoolValue a = 1; | a#1 [BOOLEAN]",
        "google.protobuf.Struct a = 1; | a#1? {fields#1 <STRING, {null_value#1? STRING, number_value#2?"
            + " DOUBLE, string_value#3? STRING, bool_value#4? BOOLEAN, struct_value#5? OPAQUE,"
            + " list_value#6? {values#1 [OPAQUE]}}>}",
        "google.protobuf.Any a = 1; | a#1? {type_url#1 STRING, value#2 BINARY}",
        "google.protobuf.Empty a = 1; | a#1? OPAQUE",
        "google.type.Date a = 1; | a#1? DATE",
        "google.type.TimeOfDay a = 1; | a#1? TIME",
        "google.type.Money a = 1; | a#1? {currency_code#1 STRING, units#2 LONG, nanos#3 INT}",
        "confluent.type.Decimal a = 1; | a#1? {value#1 BINARY, precision#2 LONG, scale#3 INT}",
        "confluent.type.Decimal a = 1 [(confluent.field_meta) = { params: [ {key: \"scale\", value:"
            + " \"2\"}, {key: \"precision\", value: \"9\"} ] }]; | a#1? Decimal[precision=9, scale=2]",
        "confluent.type.Decimal a = 1 [(confluent.field_meta) = { params: [ {key: \"precision\", value:"
            + " \"99\"} ] }]; | a#1? {value#1 BINARY, precision#2 LONG, scale#3 INT}",
        "M a = 1; int32 b = 2; | a#1? OPAQUE, b#2 INT",
        "N a = 1; message N { M m = 1; int32 x = 2; } | a#1? {m#1? OPAQUE, x#2 INT}",
        "'' | value? OPAQUE",
      })
  void fieldsAreColumns(String members, String expected) {
    assertThat(text(format.parseNew(file(members), References.NONE).shape().columns()))
        .isEqualTo(expected);
  }

  private static String file(String members) {
    StringBuilder text = new StringBuilder("syntax = \"proto3\";");
    for (String file :
        List.of(
            "google/protobuf/timestamp",
            "google/protobuf/duration",
            "google/protobuf/wrappers",
            "google/protobuf/struct",
            "google/protobuf/any",
            "google/protobuf/empty",
            "google/type/date",
            "google/type/timeofday",
            "google/type/money",
            "confluent/type/decimal",
            "confluent/meta")) {
      text.append("import \"").append(file).append(".proto\";");
    }
    return text + "message M { " + members + " }";
  }

  @Test
  void groupsAndDefaultsOfProto2AreColumnsToo() {
    ProtobufSchema schema =
        format.parseNew(
            "message M { required int32 a = 1; optional string b = 2 [default = \"x\"];"
                + " repeated group G = 3 { optional bool c = 1; } extensions 100 to 200; }",
            References.NONE);

    assertThat(text(schema.shape().columns()))
        .isEqualTo("a#1 INT, b#2? STRING, g#3 [{c#1? BOOLEAN}]");
  }

  @Test
  void everyMessageOfAFileHasAShape() {
    ProtobufSchema schema =
        format.parseNew(
            "syntax = \"proto3\"; message A { message B { bool b = 1; } int32 a = 1; }"
                + " message C { string c = 1; }",
            References.NONE);

    assertThat(text(schema.shape().columns())).isEqualTo("a#1 INT");
    assertThat(text(schema.shape(0, 0).columns())).isEqualTo("b#1 BOOLEAN");
    assertThat(text(schema.shape(1).columns())).isEqualTo("c#1 STRING");
    assertThatThrownBy(() -> schema.shape(2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aColumnTellsWhatTheFieldsMetaDocuments() {
    Shape shape =
        format
            .parseNew(
                file("int32 a = 1 [(confluent.field_meta).doc = \"How many.\"];"), References.NONE)
            .shape();

    assertThat(shape.columns().getFirst().doc()).isEqualTo("How many.");
  }

  @Test
  void aRenamedAndWidenedFieldStaysInItsColumn() {
    Layout first =
        layout(Layout.EMPTY, "int32 a = 1; N n = 2; message N { string x = 1; }").layout();

    Merge.Placed second =
        layout(first, "int64 amount = 1; N n = 2; message N { string y = 1; string x = 2; }");

    Map<String, Integer> ids = second.placement().ids();
    assertThat(ids.get("amount")).isEqualTo(1000);
    assertThat(ids.get("n/y")).isEqualTo(1002);
    assertThat(ids.get("n/x")).isEqualTo(1003);
    assertThat(text(second.layout().columns()))
        .isEqualTo("amount#1? LONG, n#2? {y#1 STRING, x#2? STRING}");
  }

  private Merge.Placed layout(Layout before, String members) {
    return (Merge.Placed)
        LayoutMerger.merge(before, format.parseNew(file(members), References.NONE));
  }

  @Test
  void messagesThatGrowWithoutEndAreOpaqueAndCostLittle() {
    // Each has ten of the next: written out they would be ten to the fortieth columns.
    StringBuilder text = new StringBuilder("syntax = \"proto3\";");
    for (int i = 0; i < 40; i++) {
      text.append("message M").append(i).append(" {");
      for (int f = 1; f <= 10; f++) {
        text.append(i == 39 ? "int32" : "M" + (i + 1)).append(" f").append(f).append(" = ");
        text.append(f).append(';');
      }
      text.append('}');
    }

    Shape shape = format.parseNew(text.toString(), References.NONE).shape();

    assertThat(shape.columns()).hasSize(10).allMatch(c -> c.type() == Type.Plain.OPAQUE);
  }

  /** Columns as {@code name#number? TYPE}, structs in braces, lists in brackets, maps in angles. */
  private static String text(List<Column> columns) {
    return String.join(
        ", ",
        columns.stream()
            .map(c ->
                c.name()
                    + (c.key() == null ? "" : "#" + c.key())
                    + (c.isOptional() ? "? " : " ")
                    + text(c.type()))
            .toList());
  }

  private static String text(Type type) {
    return switch (type) {
      case Type.Struct(List<Column> parts, boolean isUnion) ->
          (isUnion ? "union " : "") + "{" + text(parts) + "}";
      case Type.ListOf(Column element) -> "[" + text(element.type()) + "]";
      case Type.MapOf(Column key, Column value) ->
          "<" + text(key.type()) + ", " + text(value.type()) + ">";
      case Type.Plain _, Type.Decimal _, Type.Fixed _ -> type.toString();
    };
  }
}
