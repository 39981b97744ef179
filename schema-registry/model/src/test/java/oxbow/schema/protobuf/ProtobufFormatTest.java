package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
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

class ProtobufFormatTest {
  private static final String HEAD = "syntax = \"proto3\"; ";

  private final ProtobufFormat format = new ProtobufFormat();

  @Test
  void theCanonicalTextIsWhatConfluentsRegistryStores() {
    String text =
        """
        // A comment.
        syntax = 'proto3';

        package shop;
        import public "b.proto"; import "a.proto";
        option java_package = "x";
        enum Size { SMALL = 0; LARGE = 1 [deprecated = true, (why) = "big"]; }
        message Order {
          message Line { string sku = 1; map<string,Size> sizes = 2;
            enum Unit { PIECE = 0; } reserved 5, 7 to 9; }
          int64 id = 0x01 [(confluent.field_meta).tags = "PII", json_name = "ID"];
          oneof pay { string card = 3; Line line = 4; }
          optional int32 n = 2;
        }
        service Orders { rpc Get (Order) returns (stream Order) { option deprecated = true; } }
        extend google.protobuf.EnumValueOptions { string why = 50000; }
        """;

    assertThat(format.parse(text, References.NONE).canonicalText())
        .isEqualTo(
            """
            syntax = "proto3";
            package shop;

            import "a.proto";
            import public "b.proto";

            option java_package = "x";

            message Order {
              int64 id = 1 [
                (confluent.field_meta).tags = "PII",
                json_name = "ID"
              ];
              optional int32 n = 2;

              oneof pay {
                string card = 3;
                Line line = 4;
              }

              message Line {
                reserved 5, 7 to 9;
            \s\s
                string sku = 1;
                map<string, Size> sizes = 2;
            \s\s
                enum Unit {
                  PIECE = 0;
                }
              }
            }
            enum Size {
              SMALL = 0;
              LARGE = 1 [
                deprecated = true,
                (why) = "big"
              ];
            }

            extend google.protobuf.EnumValueOptions {
              string why = 50000;
            }

            service Orders {
              rpc Get (Order) returns (stream Order) {
                option deprecated = true;
              };
            }
            """);
  }

  @Test
  void textsThatMeanTheSameHaveOneNormalizedForm() {
    ProtobufSchema one =
        format.parseNew(
            """
            syntax = "proto3"; package p;
            import "google/protobuf/timestamp.proto"; import "google/protobuf/any.proto";
            option java_package = "x"; option go_package = "y";
            message M {
              google.protobuf.Timestamp at = 2; N n = 1 [deprecated = true, json_name = "N"];
              reserved 9, 4 to 4; reserved "z", "y"; oneof b { int32 q = 8; int32 p = 7; }
              oneof a { int32 o = 6; } map<string, N> m = 3; message N {}
            }
            """,
            References.NONE);
    ProtobufSchema other =
        format.parseNew(
            """
            syntax = "proto3"; package p;
            import "google/protobuf/any.proto"; import "google/protobuf/timestamp.proto";
            option go_package = "y"; option java_package = "x";
            message M {
              .p.M.N n = 1 [json_name = "N", deprecated = true]; message N {} reserved "y", "z";
              .google.protobuf.Timestamp at = 2; map<string, M.N> m = 3; reserved 4, 9;
              oneof a { int32 o = 6; } oneof b { int32 p = 7; int32 q = 8; }
            }
            """,
            References.NONE);

    assertThat(one.canonicalText()).isNotEqualTo(other.canonicalText());
    assertThat(one.normalized()).isEqualTo(other.normalized());
    assertThat(one.normalized().canonicalText())
        .isEqualTo(
            """
            syntax = "proto3";
            package p;

            import "google/protobuf/any.proto";
            import "google/protobuf/timestamp.proto";

            option go_package = "y";
            option java_package = "x";

            message M {
              reserved 4;
              reserved 9;
              reserved "y";
              reserved "z";

              .p.M.N n = 1 [
                deprecated = true,
                json_name = "N"
              ];
              .google.protobuf.Timestamp at = 2;
              map<string, .p.M.N> m = 3;

              oneof a {
                int32 o = 6;
              }
              oneof b {
                int32 p = 7;
                int32 q = 8;
              }

              message N {}
            }
            """);
  }

  @Test
  void optionsOfOneExtensionAreJoinedWhenNormalized() {
    String meta = "import \"confluent/meta.proto\"; ";
    ProtobufSchema apart =
        format.parseNew(
            HEAD
                + meta
                + "message M { string s = 1 [(confluent.field_meta).tags = \"PII\","
                + " (confluent.field_meta).doc = \"d\", (confluent.field_meta).tags = \"X\"]; }",
            References.NONE);
    ProtobufSchema together =
        format.parseNew(
            HEAD
                + meta
                + "message M { string s = 1 [(.confluent.field_meta) = {"
                + " tags: ['PII', 'X'] doc: 'd' params: [] }]; }",
            References.NONE);

    assertThat(apart.normalized()).isEqualTo(together.normalized());
    assertThat(apart.normalized().canonicalText())
        .endsWith(
            """
            message M {
              string s = 1 [(confluent.field_meta) = {
                doc: "d",
                tags: [
                  "PII",
                  "X"
                ]
              }];
            }
            """);
  }

  @Test
  void theSerializedFormIsAWholeDescriptorWithConfluentsOptions()
      throws InvalidProtocolBufferException {
    ProtobufSchema schema =
        format.parseNew(
            HEAD
                + "package p; import \"confluent/meta.proto\";"
                + " message M { string s = 1 [(confluent.field_meta).tags = \"PII\"]; M m = 2; }",
            References.NONE);

    String serialized = schema.formatted("serialized");

    FileDescriptorProto file =
        FileDescriptorProto.parseFrom(Base64.getDecoder().decode(serialized));
    assertThat(file.getDependencyList()).containsExactly("confluent/meta.proto");
    assertThat(file.getSyntax()).isEqualTo("proto3");
    assertThat(file.getMessageType(0).getField(1).getTypeName()).isEqualTo(".p.M");
    assertThat(file.getMessageType(0).getField(0).getOptions().getUnknownFields().hasField(1088))
        .isTrue();
    assertThat(format.parseNew(serialized, References.NONE).canonicalText())
        .isEqualTo(
            """
            syntax = "proto3";
            package p;

            import "confluent/meta.proto";

            message M {
              string s = 1 [(confluent.field_meta) = {
                tags: [
                  "PII"
                ]
              }];
              .p.M m = 2;
            }
            """);
  }

  @Test
  void extensionsAndForeignOptionsCanBeLeftOut() {
    String text =
        """
        syntax = "proto2";
        package p;

        import "google/protobuf/descriptor.proto";
        import "confluent/meta.proto";

        message M {
          optional string s = 1 [
            (mine) = 1,
            (confluent.field_meta).doc = "d",
            deprecated = true
          ];

          extensions 100 to max;
        }

        extend google.protobuf.FieldOptions {
          optional int32 mine = 50000;
        }
        """;
    ProtobufSchema schema = format.parseNew(text, References.NONE);

    assertThat(schema.canonicalText()).isEqualTo(text);
    assertThat(schema.formatted("ignore_extensions"))
        .isEqualTo(
            """
            syntax = "proto2";
            package p;

            import "google/protobuf/descriptor.proto";
            import "confluent/meta.proto";

            message M {
              optional string s = 1 [
                (confluent.field_meta).doc = "d",
                deprecated = true
              ];
            }
            """);
    assertThat(schema.formatted("unheard_of")).isEqualTo(text);
    assertThat(schema.formatted("")).isEqualTo(text);
  }

  @Test
  void aDescriptorsMapIsWrittenOutAndReadsAsAMap() {
    ProtobufSchema text =
        format.parseNew(HEAD + "message M { map<string, int32> my_map = 1; }", References.NONE);

    ProtobufSchema schema = format.parseNew(text.formatted("serialized"), References.NONE);

    assertThat(schema.canonicalText())
        .isEqualTo(
            """
            syntax = "proto3";

            message M {
              repeated .M.MyMapEntry my_map = 1;

              message MyMapEntry {
                option map_entry = true;
            \s\s
                string key = 1;
                int32 value = 2;
              }
            }
            """);
    assertThat(schema.message(0).orElseThrow().findFieldByName("my_map").isMapField()).isTrue();
    assertThat(schema.normalized()).isEqualTo(text.normalized());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "confluent/meta.proto | confluent.Meta",
        "confluent/type/decimal.proto | confluent.type.Decimal",
        "confluent/type/variant.proto | confluent.type.Variant",
        "google/protobuf/any.proto | google.protobuf.Any",
        "google/protobuf/api.proto | google.protobuf.Api",
        "google/protobuf/descriptor.proto | google.protobuf.FileDescriptorProto",
        "google/protobuf/duration.proto | google.protobuf.Duration",
        "google/protobuf/empty.proto | google.protobuf.Empty",
        "google/protobuf/field_mask.proto | google.protobuf.FieldMask",
        "google/protobuf/java_features.proto | pb.JavaFeatures",
        "google/protobuf/source_context.proto | google.protobuf.SourceContext",
        "google/protobuf/struct.proto | google.protobuf.Struct",
        "google/protobuf/timestamp.proto | google.protobuf.Timestamp",
        "google/protobuf/type.proto | google.protobuf.Type",
        "google/protobuf/wrappers.proto | google.protobuf.StringValue",
        "google/type/calendar_period.proto | google.type.CalendarPeriod",
        "google/type/color.proto | google.type.Color",
        "google/type/date.proto | google.type.Date",
        "google/type/datetime.proto | google.type.DateTime",
        "google/type/dayofweek.proto | google.type.DayOfWeek",
        "google/type/decimal.proto | google.type.Decimal",
        "google/type/expr.proto | google.type.Expr",
        "google/type/fraction.proto | google.type.Fraction",
        "google/type/interval.proto | google.type.Interval",
        "google/type/latlng.proto | google.type.LatLng",
        "google/type/money.proto | google.type.Money",
        "google/type/month.proto | google.type.Month",
        "google/type/phone_number.proto | google.type.PhoneNumber",
        "google/type/postal_address.proto | google.type.PostalAddress",
        "google/type/quaternion.proto | google.type.Quaternion",
        "google/type/timeofday.proto | google.type.TimeOfDay",
      })
  void knownFilesNeedNoReference(String file, String type) {
    ProtobufSchema schema =
        format.parseNew(
            HEAD + "import \"" + file + "\"; message M { " + type + " x = 1; }", References.NONE);

    FieldDescriptor field = schema.message().orElseThrow().findFieldByNumber(1);
    boolean isEnum = field.getJavaType() == FieldDescriptor.JavaType.ENUM;
    assertThat(isEnum ? field.getEnumType().getFullName() : field.getMessageType().getFullName())
        .isEqualTo(type);
  }

  @Test
  void importsAreReferencesByName() {
    References references =
        references(
            Map.of(
                "base.proto", HEAD + "package base; message Id { string v = 1; }",
                "mid.proto",
                    HEAD + "import public \"base.proto\"; message Mid { base.Id id = 1; }"));

    ProtobufSchema schema =
        format.parseNew(
            HEAD + "import \"mid.proto\"; message M { Mid mid = 1; base.Id id = 2; }", references);

    assertThat(schema.message().orElseThrow().findFieldByName("id").getMessageType().getFullName())
        .isEqualTo("base.Id");
    assertThat(schema.references()).isEqualTo(references);
  }

  @Test
  void aReferenceMayBeADescriptorInBase64() {
    String base =
        format
            .parseNew(HEAD + "message A { int32 x = 1; }", References.NONE)
            .formatted("serialized");

    ProtobufSchema schema =
        format.parseNew(
            HEAD + "import \"a.proto\"; message M { A a = 1; }",
            references(Map.of("a.proto", base)));

    assertThat(schema.message().orElseThrow().findFieldByName("a").getMessageType().getName())
        .isEqualTo("A");
  }

  @Test
  void anImportWithoutAReferenceIsMissedOnlyWhereATypeOfItIsUsed() {
    String text =
        HEAD
            + "import \"validate/validate.proto\"; message M { string s = 1"
            + " [(validate.rules).string.min_len = 1]; }";

    ProtobufSchema schema = format.parseNew(text, References.NONE);

    assertThat(schema.descriptor().getDependencies()).isEmpty();
    assertThat(schema.canonicalText()).contains("(validate.rules).string.min_len = 1");
  }

  private static References references(Map<String, String> texts) {
    LinkedHashMap<String, String> ordered = new LinkedHashMap<>();
    texts.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> ordered.put(each.getKey(), each.getValue()));
    List<SchemaReference> declared =
        ordered.keySet().stream().map(name -> new SchemaReference(name, name, 1)).toList();
    return new References(declared, ordered);
  }

  @Test
  void pathsOfIndexesCountMessagesAsWritten() {
    ProtobufSchema schema =
        format.parseNew(
            HEAD
                + "enum E { Z = 0; } message A { map<string, int32> m = 1; message B {} message C {"
                + " message D {} } } message F {}",
            References.NONE);

    assertThat(name(schema)).isEqualTo("A");
    assertThat(name(schema, 0)).isEqualTo("A");
    assertThat(name(schema, 1)).isEqualTo("F");
    assertThat(name(schema, 0, 1)).isEqualTo("A.C");
    assertThat(name(schema, 0, 1, 0)).isEqualTo("A.C.D");
    assertThat(name(schema, 2)).isEqualTo("none");
    assertThat(name(schema, -1)).isEqualTo("none");
    assertThat(name(schema, 1, 0)).isEqualTo("none");
    assertThat(schema.recordName()).contains("A");
  }

  private static String name(ProtobufSchema schema, int... path) {
    return schema.message(path).map(Descriptor::getFullName).orElse("none");
  }

  @Test
  void aFileThatOnlyPassesAnotherOneOnStandsForIt() {
    ProtobufSchema schema =
        format.parseNew(
            HEAD + "import public \"leaf.proto\";",
            references(Map.of("leaf.proto", HEAD + "package leaf; message A {} message B {}")));

    assertThat(schema.recordName()).contains("leaf.A");
    assertThat(name(schema, 1)).isEqualTo("leaf.B");
  }

  @Test
  void aFileWithoutMessagesIsNamedByItsEnumAndHasNoColumns() {
    ProtobufSchema schema = format.parseNew(HEAD + "package p; enum E { Z = 0; }", References.NONE);

    assertThat(schema.recordName()).contains("p.E");
    assertThat(schema.shape().columns()).isEmpty();
  }

  @Test
  void aLookUpWithoutReferencesFindsTheTextThatHasSome() {
    String text = HEAD + "import \"a.proto\"; message M { A a = 1; }";
    ProtobufSchema registered =
        format.parseNew(text, references(Map.of("a.proto", HEAD + "message A {}")));

    assertThat(format.parse(text, References.NONE).finds(registered)).isTrue();
    assertThat(registered.finds(registered)).isTrue();
    assertThat(registered.finds(format.parse(text, References.NONE))).isFalse();
    assertThat(format.parse(HEAD + "message M {}", References.NONE).finds(registered)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "foo | line 1, column 1: expected message, enum, service, extend, import, option or package,"
            + " but found foo",
        "message M { int32 a 1; } | line 1, column 21: expected = and the number of field a, but found 1",
        "message M { int32 = 1; } | line 1, column 19: expected the field's name, but found =",
        "message M { | line 1, column 12: expected } at the end of message M, but found the end of the"
            + " file",
        "message M { int32 a = x; } | line 1, column 23: expected a whole number, but found x",
        "message M { int32 a = 99999999999; } | line 1, column 23: the number 99999999999 is too large;"
            + " it has to fit into 32 bits",
        "message M { /* a } | line 1, column 13: a comment begins here and never ends; close it with */",
        "option a = \"b; | line 1, column 12: a string begins here and does not end on its line; close it"
            + " with \"",
        "message M {} syntax = \"proto3\"; | line 1, column 14: move syntax to the top of the file, where"
            + " it stands once",
        "edition = \"1999\"; message M {} | line 1: edition 1999 is not known; 2023 is",
        "message M { string s = 1; } | line 1: field s has no label; put optional, required or repeated"
            + " before it, or begin the file with syntax = \"proto3\";",
        "syntax = \"proto3\"; message M { required string s = 1; } | line 1: field s is required, which"
            + " only proto2 has; remove the word",
        "syntax = \"proto3\"; message M { A a = 1; } | line 1: field a has the type A, which is not"
            + " declared; declare it, or import its file and add a reference to it",
        "syntax = \"proto3\"; import \"x.proto\"; message M { x.A a = 1; } | line 1: field a has the type"
            + " x.A, which is not declared; if it is in an imported file, add a reference named x.proto",
        "syntax = \"proto3\"; message M { google.protobuf.Timestamp a = 1; } | line 1: field a has the"
            + " type google.protobuf.Timestamp, which is not declared; add import"
            + " \"google/protobuf/timestamp.proto\";",
        "syntax = \"proto3\"; message M { google.type.Money a = 1; } | line 1: field a has the type"
            + " google.type.Money, which is not declared; add import \"google/type/money.proto\";",
        "syntax = \"proto3\"; message M { int32 a = 1; int32 b = 1; } | line 1: b has the number 1 of a;"
            + " take another",
        "syntax = \"proto3\"; message M { int32 a = 1; int32 a = 2; } | line 1: a is declared twice, first"
            + " on line 1; rename one",
        "syntax = \"proto3\"; message M { int32 a = 0; } | line 1: a has the number 0; numbers are 1 to"
            + " 536870911",
        "syntax = \"proto3\"; message M { int32 a = 19500; } | line 1: a has the number 19500; 19000 to"
            + " 19999 belong to Protobuf itself",
        "syntax = \"proto3\"; message M { int32 a = 5; reserved 4 to 6; } | line 1: a has the number 5,"
            + " which is reserved; take another",
        "syntax = \"proto3\"; message M { int32 a = 5; reserved \"a\"; } | line 1: the name a is reserved;"
            + " take another",
        "syntax = \"proto3\"; message M { reserved 4 to 6, 6; } | line 1: number 6 is reserved already;"
            + " shorten one",
        "syntax = \"proto3\"; message M { oneof o {} } | line 1: oneof o is empty; give it a field",
        "syntax = \"proto3\"; message M { oneof o { repeated int32 a = 1; } } | line 1, column 42: a field"
            + " of a oneof has no label; remove repeated",
        "syntax = \"proto3\"; message M { map<double, int32> a = 1; } | line 1: map a has keys of type"
            + " double; they are whole numbers, bool or string",
        "syntax = \"proto3\"; message M { repeated map<string, int32> a = 1; } | line 1: map a has a label;"
            + " remove it",
        "syntax = \"proto3\"; enum E { A = 1; } | line 1: the first constant of enum E is what proto3"
            + " takes for 0; number it 0",
        "syntax = \"proto3\"; enum E { } | line 1: enum E is empty; give it a constant",
        "syntax = \"proto3\"; enum E { A = 0; B = 0; } | line 1: B has the number of A; take another, or"
            + " set option allow_alias = true;",
        "syntax = \"proto3\"; enum E { A = 0; } enum F { A = 0; } | line 1: A is declared twice, first on"
            + " line 1; rename one",
        "syntax = \"proto3\"; message M { int32 a = 1 [default = 1]; } | line 1: proto3 has no defaults;"
            + " remove that of a",
        "syntax = \"proto3\"; message M { int32 a = 1 [deprecated = 7]; } | line 1: option deprecated has"
            + " a value that does not fit it: it is true or false",
        "syntax = \"proto3\"; service S { rpc R (A) returns (A); } | line 1: rpc R names A, which is not"
            + " declared; declare it, or import its file and add a reference to it",
        "syntax = \"proto3\"; | the file declares nothing; add a message",
        "CgV0ZXN0 | line 1, column 1: expected message, enum, service, extend, import, option or package,"
            + " but found CgV0ZXN0",
      })
  void invalidTextsAreRefusedWithThePlaceAndTheWayOut(String text, String message) {
    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessage(message);
  }

  @Test
  void theLineIsThatOfTheTextThatWasSent() {
    String text = HEAD + "\n\n\n// here\nmessage M {\n\n  Nowhere n = 1;\n}\n";

    assertThatThrownBy(() -> format.parseNew(text, References.NONE))
        .hasMessageStartingWith("line 7: field n has the type Nowhere");
  }

  @Test
  void whatIsWrongInAReferenceIsSaidOfTheReference() {
    References references = references(Map.of("a.proto", "message {"));

    assertThatThrownBy(() -> format.parseNew(HEAD + "import \"a.proto\"; message M {}", references))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageStartingWith("in the reference a.proto: line 1, column 9");
  }

  @Test
  void importsThatLeadBackAreRefused() {
    References references =
        references(
            Map.of(
                "a.proto", HEAD + "import \"b.proto\"; message A {}",
                "b.proto", HEAD + "import \"a.proto\"; message B {}"));

    assertThatThrownBy(() -> format.parseNew(HEAD + "import \"a.proto\"; message M {}", references))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageContaining("leads back to itself");
  }

  @Test
  void aRegisteredTextIsTakenEvenIfItsNamesStandForNothing() {
    ProtobufSchema schema =
        format.parse("message M { Nowhere n = 1; }".replace("N", "optional N"), References.NONE);

    assertThat(schema.recordName()).contains("M");
    assertThatThrownBy(schema::descriptor).isInstanceOf(InvalidSchemaException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "message M { ",
        "message M { optional group G = 1 { ",
        "option a = { b ",
        "option a = [ ",
        "option a = < b < ",
        "message M { oneof o { group G = 1 { "
      })
  void deepNestingIsRefusedBeforeItCosts(String opening) {
    String text = opening.repeat(200_000);

    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> format.parseNew(text, References.NONE))
                .isInstanceOf(InvalidSchemaException.class));
  }

  @Test
  void aHugeEnumCostsNoMoreThanItsText() {
    StringBuilder text = new StringBuilder(HEAD + "message M { E e = 1; } enum E { Z = 0;");
    for (int i = 1; i < 50_000; i++) {
      text.append("C").append(i).append(" = ").append(i).append(';');
    }
    text.append('}');

    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          ProtobufSchema schema = format.parseNew(text.toString(), References.NONE);
          assertThat(schema.whyCannotRead(schema)).isEmpty();
          assertThat(schema.normalized().canonicalText()).hasSizeGreaterThan(500_000);
        });
  }

  @Test
  void manySiblingsCostNoMoreThanTheirText() {
    StringBuilder text = new StringBuilder("syntax = \"proto2\"; message M {");
    StringBuilder reserved = new StringBuilder("reserved 100000");
    StringBuilder constants = new StringBuilder("enum E { Z = 0; reserved -1");
    for (int i = 1; i < 10_000; i++) {
      text.append("message N").append(i).append("{}optional N").append(i).append(" f").append(i);
      text.append('=').append(i).append(';');
      reserved.append(',').append(100_000 + 2 * i);
      constants.append(',').append(-2 * i - 1);
    }
    constants.append(';');
    for (int i = 1; i < 10_000; i++) {
      constants.append("C").append(i).append('=').append(-2 * i).append(';');
    }
    text.append(reserved).append(";} ").append(constants).append('}');

    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          ProtobufSchema schema = format.parseNew(text.toString(), References.NONE);
          assertThat(schema.whyCannotRead(schema)).isEmpty();
          assertThat(schema.shape().columns()).hasSize(9_999);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void longNamesAreRefused(int parts) {
    String name = String.join(".", Collections.nCopies(parts, "a".repeat(299)));

    assertThatThrownBy(() -> format.parse("package " + name + "bb;", References.NONE))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageContaining("shorten it");
  }

  @Test
  void tooLongATextIsRefusedUnread() {
    assertThatThrownBy(() -> format.parse(" ".repeat(ProtoParser.CHARS_MAX + 1), References.NONE))
        .isInstanceOf(InvalidSchemaException.class)
        .hasMessageContaining("split it");
  }

  @Test
  void aLongChainOfImportsIsRefused() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (int i = 0; i < 500; i++) {
      texts.put("f" + i, HEAD + "import \"f" + (i + 1) + "\"; message M" + i + " {}");
    }

    assertThatThrownBy(
            () -> format.parseNew(HEAD + "import \"f0\"; message M {}", references(texts)))
        .isInstanceOf(InvalidSchemaException.class);
  }
}
