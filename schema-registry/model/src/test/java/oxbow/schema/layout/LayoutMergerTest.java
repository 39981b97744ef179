package oxbow.schema.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.avro.AvroFormat;

class LayoutMergerTest {
  @Test
  void givesIdsFromAThousandAndMakesAllTopColumnsOptional() {
    var placed = placed(Layout.EMPTY, record("a int", "b {'type':'array','items':'string'}"));

    assertThat(placed.placement().ids()).isEqualTo(Map.of("a", 1000, "b", 1001, "b/element", 1002));
    assertThat(placed.layout().lastId()).isEqualTo(1002);
    assertThat(text(placed.layout()))
        .isEqualTo(
            "{'version':1,'lastId':1002,'columns':["
                + "{'id':1000,'name':'a','type':'int'},"
                + "{'id':1001,'name':'b','type':{'list':"
                + "{'id':1002,'name':'element','type':'string','required':true}}}]}");
  }

  @Test
  void aFieldLeftOutKeepsItsColumnAndFindsItWhenItComesBack() {
    Layout first = placed(Layout.EMPTY, record("a int", "b string")).layout();
    Layout without = placed(first, record("a int")).layout();

    var again = placed(without, record("b string", "a int"));

    assertThat(without).isEqualTo(first);
    assertThat(again.layout()).isEqualTo(first);
    assertThat(again.placement().ids()).isEqualTo(Map.of("a", 1000, "b", 1001));
  }

  @Test
  void aRenamedFieldKeepsItsColumnAndSchemasFromBeforeStillFindIt() {
    Layout first = placed(Layout.EMPTY, record("a int", "b string")).layout();

    var renamed = placed(first, record("a2 int @a", "b string"));
    var old = placed(renamed.layout(), record("a int", "b string"));

    assertThat(renamed.placement().ids()).isEqualTo(Map.of("a2", 1000, "b", 1001));
    assertThat(renamed.layout().columns().getFirst().name()).isEqualTo("a2");
    assertThat(old.placement().ids()).isEqualTo(Map.of("a", 1000, "b", 1001));
    assertThat(old.layout()).isEqualTo(renamed.layout());
  }

  @Test
  void aSchemaFromBeforeARenamingFindsTheColumnThoughItComesLater() {
    Layout renamed = placed(Layout.EMPTY, record("a2 int @a")).layout();

    assertThat(placed(renamed, record("a int")).placement().ids()).isEqualTo(Map.of("a", 1000));
  }

  @Test
  void aNewFieldMayTakeTheNameThatARenamedOneGaveUp() {
    Layout first = placed(Layout.EMPTY, record("a int")).layout();
    Layout renamed = placed(first, record("b int @a")).layout();

    var both = placed(renamed, record("b int @a", "a int"));

    assertThat(both.placement().ids()).isEqualTo(Map.of("b", 1000, "a", 1001));
    assertThat(placed(both.layout(), record("a int")).placement().ids())
        .isEqualTo(Map.of("a", 1000));
  }

  @ParameterizedTest
  @CsvSource({
    "'int', 'long', LONG",
    "'long', 'int', LONG",
    "'float', 'double', DOUBLE",
    "'double', 'float', DOUBLE",
    "'[\"null\",\"int\"]', 'long', LONG",
  })
  void numbersWiden(String first, String second, Type.Plain holds) {
    Layout layout = placed(Layout.EMPTY, record("a " + first)).layout();

    var widened = placed(layout, record("a " + second));

    assertThat(widened.placement().ids()).isEqualTo(Map.of("a", 1000));
    assertThat(widened.layout().columns().getFirst().type()).isEqualTo(holds);
  }

  @Test
  void decimalsGetMoreDigitsButKeepTheirScale() {
    Layout layout = placed(Layout.EMPTY, record("a " + decimal(9, 2))).layout();

    assertThat(placed(layout, record("a " + decimal(12, 2))).layout().columns().getFirst().type())
        .isEqualTo(new Type.Decimal(12, 2));
    assertThat(placed(layout, record("a " + decimal(5, 2))).layout()).isEqualTo(layout);
    assertThat(LayoutMerger.merge(layout, record("a " + decimal(9, 3))))
        .isEqualTo(new Merge.Refused("'a' is decimal(9,3), its column holds decimal(9,2)"));
  }

  @Test
  void whatCannotWidenIsRefusedWithItsPlace() {
    Layout layout =
        placed(
                Layout.EMPTY,
                record("a {'type':'record','name':'Q','fields':[{'name':'x','type':'int'}]}"))
            .layout();

    assertThat(
            LayoutMerger.merge(
                layout,
                record(
                    "b int",
                    "a {'type':'record','name':'Q','fields':[{'name':'x','type':'string'}]}")))
        .isEqualTo(new Merge.Refused("'a/x' is string, its column holds int"));
    assertThat(LayoutMerger.merge(layout, record("a int")))
        .isEqualTo(new Merge.Refused("'a' is int, its column holds a record"));
  }

  @Test
  void nestedRecordsListsAndMapsWidenWithin() {
    String before =
        "a {'type':'array','items':{'type':'map','values':{'type':'record','name':'Q','fields':["
            + "{'name':'x','type':'int'},{'name':'gone','type':'int'}]}}}";
    String after =
        "a {'type':'array','items':{'type':'map','values':['null',{'type':'record','name':'Q','fields':["
            + "{'name':'y','type':'string'},{'name':'x','type':'long'}]}]}}";
    Layout first = placed(Layout.EMPTY, record(before)).layout();

    var second = placed(first, record(after));

    assertThat(text(second.layout()))
        .isEqualTo(
            "{'version':1,'lastId':1006,'columns':[{'id':1000,'name':'a','type':{'list':"
                + "{'id':1001,'name':'element','type':{'map':["
                + "{'id':1002,'name':'key','type':'string','required':true},"
                + "{'id':1003,'name':'value','type':{'struct':["
                + "{'id':1004,'name':'x','type':'long','required':true},"
                + "{'id':1005,'name':'gone','type':'int'},"
                + "{'id':1006,'name':'y','type':'string'}]}}]},'required':true}}}]}");
    assertThat(second.placement().ids())
        .isEqualTo(
            Map.of(
                "a", 1000,
                "a/element", 1001,
                "a/element/key", 1002,
                "a/element/value", 1003,
                "a/element/value/x", 1004,
                "a/element/value/y", 1006));
  }

  @Test
  void aUnionOfSeveralBranchesIsAStructOfOptionalPartsNamedAfterThem() {
    var placed =
        placed(
            Layout.EMPTY,
            record(
                "u ['null','int','string',{'type':'record','name':'ex.A','fields':["
                    + "{'name':'x','type':'int'}]}]"));

    assertThat(text(placed.layout()))
        .isEqualTo(
            "{'version':1,'lastId':1004,'columns':[{'id':1000,'name':'u','type':{'union':["
                + "{'id':1001,'name':'int','type':'int'},"
                + "{'id':1002,'name':'string','type':'string'},"
                + "{'id':1003,'name':'A','names':['ex.A'],'type':{'struct':["
                + "{'id':1004,'name':'x','type':'int','required':true}]}}]}}]}");
    assertThat(placed.placement().ids())
        .containsEntry("u/ex.A", 1003)
        .containsEntry("u/ex.A/x", 1004)
        .containsEntry("u/string", 1002);
    var wider = placed(placed.layout(), record("u ['boolean','string']"));
    assertThat(wider.placement().ids())
        .isEqualTo(Map.of("u", 1000, "u/boolean", 1005, "u/string", 1002));
  }

  @Test
  void aFieldThatBecomesAUnionHasAColumnForEach() {
    String record = "{'type':'record','name':'A','fields':[{'name':'x','type':'int'}]}";
    Layout single = placed(Layout.EMPTY, record("u ['null'," + record + "]", "v int")).layout();

    var union = placed(single, record("u ['null'," + record + ",'string']", "v int"));
    var back = placed(union.layout(), record("u " + record, "v int"));

    assertThat(union.placement().ids())
        .isEqualTo(Map.of("u", 1003, "u/A", 1004, "u/A/x", 1005, "u/string", 1006, "v", 1002));
    assertThat(union.layout().columns().stream().map(Column::name))
        .containsExactly("u", "v", "u_2");
    assertThat(back.placement().ids()).isEqualTo(Map.of("u", 1000, "u/x", 1001, "v", 1002));
    assertThat(back.layout()).isEqualTo(union.layout());
  }

  @ParameterizedTest
  @CsvSource({
    "int, int, date, INT",
    "long, long, timestamp-millis, LONG",
    "long, long, local-timestamp-nanos, LONG",
    "long, int, date, none",
    "string, string, uuid, STRING",
  })
  void aMeaningGivenLaterNeedsNoOtherColumn(
      String before, String after, String logical, String column) {
    Layout layout = placed(Layout.EMPTY, record("a " + before)).layout();

    Merge merge =
        LayoutMerger.merge(
            layout, record("a {'type':'" + after + "','logicalType':'" + logical + "'}"));

    if (column.equals("none")) {
      assertThat(merge).isInstanceOf(Merge.Refused.class);
    } else {
      assertThat(((Merge.Placed) merge).layout()).isEqualTo(layout);
      assertThat(layout.columns().getFirst().type()).isEqualTo(Type.Plain.valueOf(column));
    }
  }

  @Test
  void bytesThatBecomeDecimalsStayBytes() {
    Layout layout = placed(Layout.EMPTY, record("a bytes")).layout();

    assertThat(placed(layout, record("a " + decimal(9, 2))).layout()).isEqualTo(layout);
  }

  @Test
  void aMeaningTakenAwayIsRefused() {
    Layout layout = placed(Layout.EMPTY, record("a {'type':'int','logicalType':'date'}")).layout();

    assertThat(LayoutMerger.merge(layout, record("a int"))).isInstanceOf(Merge.Refused.class);
  }

  @Test
  void aRenamedBranchKeepsItsColumn() {
    Layout layout =
        placed(Layout.EMPTY, record("u ['int',{'type':'fixed','name':'ex.A','size':2}]")).layout();

    var renamed =
        placed(layout, record("u ['int',{'type':'fixed','name':'ex.B','aliases':['A'],'size':2}]"));

    assertThat(renamed.placement().ids()).containsEntry("u/ex.B", 1002);
  }

  @ParameterizedTest
  @CsvSource({
    "kafka_key, user_kafka_key",
    "KAFKA_x, user_KAFKA_x",
    "_file, user_file",
    "_Row_Id, user_Row_Id",
    "pos, user_pos",
    "plain, plain",
    "_mine, _mine",
  })
  void namesThatTheTableOrIcebergHasAreChanged(String given, String shown) {
    var placed = placed(Layout.EMPTY, record(given + " int"));

    assertThat(placed.layout().columns().getFirst().name()).isEqualTo(shown);
    assertThat(placed.placement().ids()).isEqualTo(Map.of(given, 1000));
    assertThat(placed(placed.layout(), record(given + " int"))).isEqualTo(placed);
  }

  @Test
  void namesThatDifferInCaseOnlyAreNumbered() {
    var placed =
        placed(
            Layout.EMPTY,
            record("id int", "ID int", "Id_2 int", "kafka_a int", "user_kafka_a int"));

    assertThat(placed.layout().columns().stream().map(Column::name))
        .containsExactly("id", "ID_2", "Id_2_2", "user_kafka_a", "user_kafka_a_2");
    assertThat(placed.placement().ids())
        .isEqualTo(
            Map.of("id", 1000, "ID", 1001, "Id_2", 1002, "kafka_a", 1003, "user_kafka_a", 1004));
  }

  @Test
  void aSchemaThatIsNoRecordHasAColumnCalledValue() {
    ParsedSchema schema = new AvroFormat().parse("\"long\"", References.NONE);

    assertThat(placed(Layout.EMPTY, schema).placement().ids()).isEqualTo(Map.of("value", 1000));
  }

  @Test
  void strangeNamesAreCleanedAndTheirPathsEscaped() {
    var shape =
        new Shape(
            List.of(
                column("a/b", Type.Plain.INT),
                column("a.b", Type.Plain.INT),
                column("~", Type.Plain.INT),
                column("", Type.Plain.INT),
                column(" \n\"", Type.Plain.INT)));

    var placed = (Merge.Placed) LayoutMerger.merge(Layout.EMPTY, shape);

    assertThat(placed.layout().columns().stream().map(Column::name))
        .containsExactly("a/b", "a_b", "~", "field", "__");
    assertThat(placed.placement().ids())
        .isEqualTo(Map.of("a~1b", 1000, "a.b", 1001, "~0", 1002, "", 1003, " \n\"", 1004));
  }

  @Test
  void aTableDoesNotGrowForever() {
    List<Column> many =
        IntStream.range(0, 15_000).mapToObj(i -> column("a" + i, Type.Plain.INT)).toList();
    List<Column> others =
        IntStream.range(0, 15_000).mapToObj(i -> column("b" + i, Type.Plain.INT)).toList();
    Layout layout = ((Merge.Placed) LayoutMerger.merge(Layout.EMPTY, new Shape(many))).layout();

    assertThat(LayoutMerger.merge(layout, new Shape(others))).isInstanceOf(Merge.Refused.class);
    assertThat(LayoutJson.read(LayoutJson.write(layout))).isEqualTo(layout);
  }

  private static Column column(String name, Type type) {
    return new Column(Column.UNASSIGNED, name, Set.of(), type, true, null);
  }

  private static String decimal(int precision, int scale) {
    return "{'type':'bytes','logicalType':'decimal','precision':%d,'scale':%d}"
        .formatted(precision, scale);
  }

  private static Merge.Placed placed(Layout layout, ParsedSchema schema) {
    Merge merge = LayoutMerger.merge(layout, schema);
    assertThat(merge).isInstanceOf(Merge.Placed.class);
    Layout merged = ((Merge.Placed) merge).layout();
    assertThat(LayoutJson.read(LayoutJson.write(merged))).isEqualTo(merged);
    return (Merge.Placed) merge;
  }

  private static String text(Layout layout) {
    return LayoutJson.write(layout).replace('"', '\'');
  }

  /** A record of fields written as {@code name type}, with {@code @alias} behind. */
  private static ParsedSchema record(String... fields) {
    StringBuilder text = new StringBuilder("{'type':'record','name':'R','fields':[");
    String comma = "";
    for (String field : fields) {
      String[] nameAndType = field.split(" ", 2);
      String[] typeAndAlias = nameAndType[1].split(" @", 2);
      String type = typeAndAlias[0];
      boolean isJson = type.startsWith("{") || type.startsWith("[");
      text.append(comma).append("{'name':'").append(nameAndType[0]).append("','type':");
      text.append(isJson ? type : "'" + type + "'");
      if (typeAndAlias.length > 1)
        text.append(",'aliases':['").append(typeAndAlias[1]).append("']");
      text.append('}');
      comma = ",";
    }
    return new AvroFormat().parse(text.append("]}").toString().replace('\'', '"'), References.NONE);
  }
}
