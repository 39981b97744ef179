package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import oxbow.schema.Incompatibility;
import oxbow.schema.References;
import oxbow.schema.SchemaReference;

/** Each row of the rules, read forwards and backwards. */
class ProtobufCompatibilityTest {
  private final ProtobufFormat format = new ProtobufFormat();

  static Stream<Arguments> changes() {
    return Stream.of(
        // A field comes, goes, or changes what doesn't lie on the wire.
        proto3("string a = 1;", "string a = 1; float b = 2;", "", ""),
        proto3("string a = 1;", "string renamed = 1;", "", ""),
        proto3("string a = 1;", "string a = 2;", "", ""),
        proto3("string a = 1;", "string a = 1 [deprecated = true];", "", ""),
        proto3("string a = 1; int32 b = 2;", "int32 b = 2; string a = 1;", "", ""),
        proto3("string a = 1;", "reserved 1;", "", ""),

        // Numbers that share a form.
        proto3("int32 a = 1;", "int64 a = 1;", "", ""),
        proto3("int32 a = 1;", "uint32 a = 1;", "", ""),
        proto3("uint64 a = 1;", "bool a = 1;", "", ""),
        proto3("int32 a = 1;", "E a = 1; enum E { ZERO = 0; }", "", ""),
        proto3("bool a = 1;", "E a = 1; enum E { ZERO = 0; }", "", ""),
        proto3("sint32 a = 1;", "sint64 a = 1;", "", ""),
        proto3("fixed32 a = 1;", "sfixed32 a = 1;", "", ""),
        proto3("fixed64 a = 1;", "sfixed64 a = 1;", "", ""),
        proto3("string a = 1;", "bytes a = 1;", "", ""),

        // Numbers that don't.
        scalar("int32", "sint32"),
        scalar("int64", "sint64"),
        scalar("int32", "fixed32"),
        scalar("int64", "fixed64"),
        scalar("int32", "float"),
        scalar("int64", "double"),
        scalar("fixed32", "fixed64"),
        scalar("sfixed32", "sfixed64"),
        scalar("fixed32", "float"),
        scalar("fixed64", "double"),
        scalar("float", "double"),
        scalar("sint32", "fixed32"),
        scalar("int32", "string"),
        scalar("bool", "bytes"),
        scalar("double", "string"),
        proto3(
            "sint32 a = 1;",
            "E a = 1; enum E { ZERO = 0; }",
            "FIELD_SCALAR_KIND_CHANGED #/M/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/1"),

        // Scalars, messages and maps.
        proto3(
            "string a = 1; message N {}",
            "N a = 1; message N {}",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1"),
        proto3(
            "bytes a = 1; message N {}",
            "N a = 1; message N {}",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1"),
        proto3(
            "E a = 1; enum E { ZERO = 0; } message N {}",
            "N a = 1; enum E { ZERO = 0; } message N {}",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1"),
        proto3(
            "map<string, string> a = 1;",
            "string a = 1;",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1"),
        proto3(
            "map<string, int32> a = 1; message N {}",
            "repeated N a = 1; message N {}",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1"),
        proto3("map<string, int32> a = 1;", "map<string, int64> b = 1;", "", ""),
        proto3("map<int32, string> a = 1;", "map<uint64, bytes> a = 1;", "", ""),
        proto3("map<string, int32> a = 1;", "", "", ""),
        proto3(
            "map<string, int32> a = 1;",
            "map<string, string> a = 1;",
            "FIELD_SCALAR_KIND_CHANGED #/M/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/1"),
        proto3(
            "map<string, int32> a = 1;",
            "map<int32, int32> a = 1;",
            "FIELD_SCALAR_KIND_CHANGED #/M/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/1"),
        proto3(
            "map<string, N> a = 1; message N {} message O {}",
            "map<string, O> a = 1; message N {} message O {}",
            "FIELD_NAMED_TYPE_CHANGED #/M/1",
            "FIELD_NAMED_TYPE_CHANGED #/M/1"),
        proto3(
            "map<string, N> a = 1; message N {}", "map<string, M.N> a = 1; message N {}", "", ""),

        // Messages by name.
        proto3(
            "N a = 1; message N {} message O {}",
            "O a = 1; message N {} message O {}",
            "FIELD_NAMED_TYPE_CHANGED #/M/1",
            "FIELD_NAMED_TYPE_CHANGED #/M/1"),
        proto3("N a = 1; message N {}", ".p.M.N a = 1; message N {}", "", ""),
        proto3("", "message N {}", "", "MESSAGE_REMOVED #/M/N"),
        proto3(
            "message N { int32 a = 1; }",
            "message N { string a = 1; }",
            "FIELD_SCALAR_KIND_CHANGED #/M/N/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/N/1"),
        proto3("message N { int32 a = 1; }", "message N { int32 a = 1; string b = 2; }", "", ""),
        files("", "message N {}", "", "MESSAGE_REMOVED #/N"),
        files("message N {} message O {}", "message O {} message N {}", "", ""),
        files("package a;", "package b;", "PACKAGE_CHANGED #/", "PACKAGE_CHANGED #/"),
        files("", "package b;", "PACKAGE_CHANGED #/", "PACKAGE_CHANGED #/"),
        files(
            "package a; message N { O o = 1; } message O {}",
            "package b; message N { .b.O o = 1; } message O {}",
            "PACKAGE_CHANGED #/",
            "PACKAGE_CHANGED #/"),
        files(
            "message N { N again = 1; O o = 2; } message O { N n = 1; int32 a = 2; }",
            "message N { N again = 1; O o = 2; } message O { N n = 1; string a = 2; }",
            "FIELD_SCALAR_KIND_CHANGED #/O/2",
            "FIELD_SCALAR_KIND_CHANGED #/O/2"),
        files("", "service S { rpc R (N) returns (N); } message N {}", "", "MESSAGE_REMOVED #/N"),

        // Enums are numbers.
        files("", "enum E { ZERO = 0; }", "", ""),
        files("enum E { ZERO = 0; }", "enum E { ZERO = 0; ONE = 1; }", "", ""),
        files("enum E { ZERO = 0; ONE = 1; }", "enum E { ZERO = 0; UNO = 1; }", "", ""),
        files("enum E { ZERO = 0; ONE = 1; }", "enum E { ZERO = 0; ONE = 2; }", "", ""),

        // Labels, where both are written.
        proto3("optional string a = 1;", "repeated string a = 1;", "", ""),
        proto3("optional bytes a = 1;", "repeated string a = 1;", "", ""),
        proto3("optional N a = 1; message N {}", "repeated N a = 1; message N {}", "", ""),
        proto3(
            "optional int32 a = 1;",
            "repeated int32 a = 1;",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1"),
        proto3(
            "optional float a = 1;",
            "repeated float a = 1;",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1"),
        proto3("int32 a = 1;", "optional int32 a = 1;", "", ""),
        proto3("int32 a = 1;", "repeated int32 a = 1;", "", ""),
        proto2(
            "optional E a = 1; enum E { ZERO = 0; }",
            "repeated E a = 1; enum E { ZERO = 0; }",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1"),
        proto2("optional string a = 1;", "required string a = 1;", "", ""),
        proto2(
            "optional bool a = 1;",
            "required bool a = 1;",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1",
            "FIELD_NUMERIC_LABEL_CHANGED #/M/1"),
        proto2(
            "",
            "required string a = 1;",
            "REQUIRED_FIELD_ADDED #/M/1",
            "REQUIRED_FIELD_REMOVED #/M/1"),
        proto2("", "optional string a = 1;", "", ""),
        proto2("", "repeated string a = 1;", "", ""),

        // Oneofs.
        proto3("oneof o { int32 a = 1; }", "", "", ""),
        proto3("string a = 1;", "oneof o { string a = 1; }", "", ""),
        proto3(
            "string a = 1;",
            "oneof o { string a = 1; int32 b = 2; }",
            "",
            "ONEOF_FIELD_REMOVED #/M/o/2"),
        proto3(
            "string a = 1; string b = 2;",
            "oneof o { string a = 1; string b = 2; }",
            "MULTIPLE_FIELDS_MOVED_TO_ONEOF #/M/o",
            ""),
        proto3(
            "string a = 1; oneof o { string b = 2; }",
            "oneof o { string a = 1; string b = 2; }",
            "FIELD_MOVED_TO_EXISTING_ONEOF #/M/o",
            ""),
        proto3(
            "oneof o { string a = 1; } oneof p { string b = 2; }",
            "oneof o { string a = 1; string b = 2; }",
            "FIELD_MOVED_TO_EXISTING_ONEOF #/M/o",
            ""),
        proto3(
            "oneof o { string a = 1; string b = 2; }",
            "oneof o { string a = 1; } oneof p { string b = 2; }",
            "",
            "FIELD_MOVED_TO_EXISTING_ONEOF #/M/o"),
        proto3(
            "oneof o { string a = 1; }",
            "oneof o { string a = 1; string b = 2; }",
            "",
            "ONEOF_FIELD_REMOVED #/M/o/2"),
        proto3(
            "oneof o { string a = 1; string b = 2; }",
            "oneof other { string a = 1; string b = 2; }",
            "",
            ""),
        proto3(
            "oneof o { string a = 1; string b = 2; }",
            "oneof other { string a = 1; }",
            "ONEOF_FIELD_REMOVED #/M/o/2",
            ""),
        proto3(
            "oneof o { string a = 1; string b = 2; }",
            "string a = 1; oneof o { string b = 2; }",
            "",
            "FIELD_MOVED_TO_EXISTING_ONEOF #/M/o"),
        proto3(
            "oneof o { string a = 1; }",
            "oneof o { int32 a = 1; }",
            "FIELD_SCALAR_KIND_CHANGED #/M/o/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/o/1"),
        proto3(
            "oneof o { string a = 1; }",
            "int32 a = 1;",
            "FIELD_SCALAR_KIND_CHANGED #/M/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/o/1"),

        // Groups.
        proto2("", "optional group G = 1 { optional int32 a = 1; }", "", ""),
        proto2(
            "optional group G = 1 { optional int32 a = 1; }",
            "optional group G = 1 { optional string a = 1; }",
            "FIELD_SCALAR_KIND_CHANGED #/M/G/1 FIELD_NAMED_TYPE_CHANGED #/M/1",
            "FIELD_SCALAR_KIND_CHANGED #/M/G/1 FIELD_NAMED_TYPE_CHANGED #/M/1"),
        proto2(
            "optional group G = 1 { optional int32 a = 1; }",
            "optional N g = 1; message N { optional int32 a = 1; }",
            "FIELD_KIND_CHANGED #/M/1",
            "FIELD_KIND_CHANGED #/M/1 MESSAGE_REMOVED #/M/N"),

        // What isn't data at all.
        proto2(
            "extensions 100 to 200; optional int32 a = 1;",
            "extensions 100 to 300; optional int32 a = 1;",
            "",
            ""),
        files("", "option java_package = \"a\";", "", ""));
  }

  private static Arguments proto3(String one, String other, String forwards, String backwards) {
    return Arguments.of(in("proto3", one), in("proto3", other), forwards, backwards);
  }

  private static Arguments proto2(String one, String other, String forwards, String backwards) {
    return Arguments.of(in("proto2", one), in("proto2", other), forwards, backwards);
  }

  private static String in(String syntax, String members) {
    return "syntax = \"" + syntax + "\"; package p; message M { " + members + " }";
  }

  private static Arguments scalar(String one, String other) {
    return proto3(
        one + " a = 1;",
        other + " a = 1;",
        "FIELD_SCALAR_KIND_CHANGED #/M/1",
        "FIELD_SCALAR_KIND_CHANGED #/M/1");
  }

  private static Arguments files(String one, String other, String forwards, String backwards) {
    String start = "syntax = \"proto3\"; ";
    return Arguments.of(
        start + one + " message Here {}", start + other + " message Here {}", forwards, backwards);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void eachChangeBreaksWhatItBreaksAndNothingElse(
      String one, String other, String forwards, String backwards) {
    ProtobufSchema first = format.parseNew(one, References.NONE);
    ProtobufSchema second = format.parseNew(other, References.NONE);

    assertThat(broken(second.whyCannotRead(first))).as("second reads first").isEqualTo(forwards);
    assertThat(broken(first.whyCannotRead(second))).as("first reads second").isEqualTo(backwards);
    assertThat(first.whyCannotRead(first)).isEmpty();
    assertThat(second.whyCannotRead(second)).isEmpty();
  }

  private static String broken(List<Incompatibility> found) {
    return String.join(" ", found.stream().map(each -> each.rule() + " " + each.path()).toList());
  }

  @Test
  void messagesFromReferencesAreComparedByWhatTheyHold() {
    String main = "syntax = \"proto3\"; import \"a.proto\"; message M { lib.A a = 1; }";
    String a1 = "syntax = \"proto3\"; package lib; message A { int32 x = 1; }";
    String a2 = "syntax = \"proto3\"; package lib; message A { int64 x = 1; A more = 2; }";
    String a3 = "syntax = \"proto3\"; package lib; message A { string x = 1; A more = 2; }";
    ProtobufSchema first = format.parseNew(main, reference(a1, 1));
    ProtobufSchema second = format.parseNew(main, reference(a2, 2));
    ProtobufSchema third = format.parseNew(main, reference(a3, 3));

    assertThat(second.whyCannotRead(first)).isEmpty();
    assertThat(broken(third.whyCannotRead(first)))
        .isEqualTo("FIELD_SCALAR_KIND_CHANGED #/A/1 FIELD_NAMED_TYPE_CHANGED #/M/1");
    assertThat(broken(third.whyCannotRead(second)))
        .isEqualTo("FIELD_SCALAR_KIND_CHANGED #/A/1 FIELD_NAMED_TYPE_CHANGED #/M/1");
  }

  @Test
  void aMessageMayMoveOutOfAReferenceAndNotIntoOne() {
    ProtobufSchema apart =
        format.parseNew(
            "syntax = \"proto3\"; import \"a.proto\"; message M { lib.A a = 1; }",
            reference("syntax = \"proto3\"; package lib; message A { int32 x = 1; }", 1));
    ProtobufSchema together =
        format.parseNew(
            "syntax = \"proto3\"; message M { A a = 1; } message A { int32 x = 1; }",
            References.NONE);

    assertThat(together.whyCannotRead(apart)).isEmpty();
    assertThat(broken(apart.whyCannotRead(together))).isEqualTo("MESSAGE_REMOVED #/A");
  }

  private static References reference(String text, int version) {
    LinkedHashMap<String, String> texts = new LinkedHashMap<>();
    texts.put("a.proto", text);
    return new References(List.of(new SchemaReference("a.proto", "a", version)), texts);
  }

  @Test
  void theMessageNamesBothSchemasAndWhatToChange() {
    ProtobufSchema writer = format.parseNew(in("proto3", "int32 a = 1;"), References.NONE);
    ProtobufSchema reader = format.parseNew(in("proto3", "string a = 1;"), References.NONE);

    String message = reader.whyCannotRead(writer).getFirst().message("new", "old");

    assertThat(message)
        .isEqualTo(
            "{errorType:\"FIELD_SCALAR_KIND_CHANGED\", description:\"The kind of a SCALAR field at"
                + " path '#/M/1' is string in the new schema and int32 in the old schema; keep its"
                + " type, or give the field a new number\"}");
  }

  @Test
  void aSchemaThatAnotherRegistryLetInIsSaidToBeUnresolved() {
    ProtobufSchema broken = format.parse(in("proto3", "Nowhere a = 1;"), References.NONE);
    ProtobufSchema whole = format.parseNew(in("proto3", "int32 a = 1;"), References.NONE);

    assertThat(broken(whole.whyCannotRead(broken))).isEqualTo("UNRESOLVED_SCHEMA #/");
    assertThat(broken(broken.whyCannotRead(whole))).isEqualTo("UNRESOLVED_SCHEMA #/");
    assertThat(whole.whyCannotRead(broken).getFirst().message("new", "old"))
        .contains("The old schema can't be resolved: line 5: field a has the type Nowhere");
  }

  @Test
  void messagesThatUseEachOtherManyTimesAreComparedOnce() {
    // Each message has ten fields of the next one: a comparison along all ways would not end.
    ProtobufSchema one = format.parseNew(ladder(), ladderReference("int32", 1));
    ProtobufSchema other = format.parseNew(ladder(), ladderReference("string", 2));

    assertThat(other.whyCannotRead(one)).hasSizeGreaterThan(400);
  }

  private static String ladder() {
    return "syntax = \"proto3\"; import \"a.proto\"; message M { M0 a = 1; }";
  }

  private static References ladderReference(String type, int version) {
    StringBuilder text = new StringBuilder("syntax = \"proto3\";");
    for (int i = 0; i < 50; i++) {
      text.append("message M").append(i).append(" {");
      for (int f = 1; f <= 10; f++) {
        text.append(i == 49 ? type : "M" + (i + 1)).append(" f").append(f).append(" = ");
        text.append(f).append(';');
      }
      text.append('}');
    }
    return reference(text.toString(), version);
  }
}
