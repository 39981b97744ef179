package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.cold.file.parquet.PageRows;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.ColdFileRoundTrip;
import oxbow.cold.file.testing.OrderEvents;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/** Pages of some columns are the rows that the file's batches are. */
class ColumnScanTest {
  private static final int BATCHES = 12;
  private static final int RECORDS = BATCHES * OrderEvents.BATCH_RECORDS;
  private static final int ROWS_PER_PAGE = 300;

  @TempDir Path directory;
  private ColdFileRoundTrip file;
  private ColumnTree tree;
  private WriterSchemas schemas;
  private List<TestBatch> batches;

  @BeforeEach
  void write() throws IOException {
    var events = new OrderEvents(1, false);
    var merged =
        (Merge.Placed)
            LayoutMerger.merge(
                Layout.EMPTY, new AvroFormat().parse(events.schema().toString(), References.NONE));
    schemas =
        new KnownSchema(
            new WriterSchema(
                OrderEvents.SCHEMA_ID,
                SchemaType.AVRO,
                events.schema().toString(),
                merged.placement()));
    var columns = new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), merged.layout());
    tree = new ColumnTree(columns);
    batches = events.batches(BATCHES);
    var spec = new ColdFileSpec("topic", new Uuid(1, 1), 0, columns, true);
    var options = new ParquetOptions(ROWS_PER_PAGE, 1 << 20, 1_000, 1 << 20, 1, false);
    ColdFileWriter writer =
        ColdFiles.writeParquet(directory.resolve("orders.parquet"), spec, options, schemas);
    for (TestBatch batch : batches) writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
    file = ColdFileRoundTrip.finish(writer, RECORDS);
  }

  @Test
  void pagesOfAllColumnsAreTheRowsOfTheBatches() {
    Map<String, String> wanted = ofBatches(0, RECORDS);

    for (long seed = 0; seed < 4; seed++) {
      ColumnScan scan = scan(tree.top(), Map.of(), false).orElseThrow();
      assertThat(read(scan, 0, RECORDS, new Random(seed))).as("seed " + seed).isEqualTo(wanted);
    }
  }

  @Test
  void rowsOutsideOfARangeOfOffsetsAreLeftOut() {
    for (long[] range : new long[][] {{0, 1}, {299, 301}, {1_234, 4_321}, {RECORDS - 1, RECORDS}}) {
      ColumnScan scan = scan(tree.top(), Map.of(), true).orElseThrow();

      assertThat(read(scan, range[0], range[1], new Random(7)))
          .isEqualTo(ofBatches(range[0], range[1]));
    }
  }

  @Test
  void pagesThatCannotHoldWhatIsWantedAreNotFetched() {
    ColumnNode offset = column("kafka_offset");
    var range = new ColumnRange.Numbers(2_000, 2_009, false);

    ColumnScan scan =
        scan(List.of(offset, column("order_id")), Map.of(offset.column.id(), range), false)
            .orElseThrow();
    Map<String, String> rows = read(scan, 0, RECORDS, new Random(1));

    assertThat(scan.work().groups()).isGreaterThan(5);
    assertThat(scan.work().groupsPruned()).isEqualTo(scan.work().groups() - 1);
    assertThat(scan.work().pages() - scan.work().pagesPruned()).isEqualTo(1);
    assertThat(rows.getOrDefault("kafka_offset", "")).contains(" 2000 ").contains(" 2009 ");
    assertThat(rows.getOrDefault("kafka_offset", "").split("\n")).hasSize(ROWS_PER_PAGE);
    assertThat(file.readBytes).isLessThan(file.bytes.length / 20);
  }

  @Test
  void noRowThatIsWantedIsLeftOutByAnyColumn() {
    Map<String, String> all = ofBatches(0, RECORDS);
    Map<String, ColumnRange> ranges = new HashMap<>();
    ranges.put("order_id", new ColumnRange.Numbers(1_010_000, 1_012_000, false));
    ranges.put("amount", new ColumnRange.Floats(0.1, 3.2));
    ranges.put("coupon", new ColumnRange.Bytes(bytes("SAVE29"), bytes("SAVE29"), true));
    ranges.put("session_id", new ColumnRange.Bytes(bytes("0000"), bytes("0008"), true));
    ranges.forEach((name, range) -> {
      ColumnScan scan =
          scan(List.of(column(name)), Map.of(column(name).column.id(), range), false).orElseThrow();
      String rows = read(scan, 0, RECORDS, new Random(3)).getOrDefault(name, "");
      List<String> wanted =
          all.getOrDefault(name, "")
              .lines()
              .filter(row -> isIn(range, row.substring(row.indexOf(' ') + 1)))
              .toList();
      assertThat(
              rows.lines().filter(row -> isIn(range, row.substring(row.indexOf(' ') + 1))).toList())
          .as(name)
          .isEqualTo(wanted)
          .isNotEmpty();
    });
  }

  @Test
  void aColumnThatTheFileDoesNotHaveHoldsNothingThatIsWanted() {

    ColumnScan scan =
        scan(List.of(column("kafka_offset")), Map.of(9_999, new ColumnRange.Floats(0, 1)), false)
            .orElseThrow();

    assertThat(scan.groups()).isEmpty();
    assertThat(scan.work().bytes()).isEqualTo(scan.work().bytesPruned()).isPositive();
  }

  private static boolean isIn(ColumnRange range, String value) {
    String text = value.strip();
    if (text.equals("null")) return false;
    return switch (range) {
      case ColumnRange.Numbers(long min, long max, boolean _) ->
          Long.parseLong(text) >= min && Long.parseLong(text) <= max;
      case ColumnRange.Floats(double min, double max) -> {
        double number = Double.longBitsToDouble(Long.parseLong(text));
        yield number >= min && number <= max;
      }
      case ColumnRange.Bytes bytes -> {
        ByteBuffer one = ByteBuffer.wrap(bytes(text));
        yield bytes.meets(one, one, ColumnRange.Form.PLAIN, false);
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private ColumnNode column(String name) {
    return tree.top().stream()
        .filter(node -> node.column.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  private Optional<ColumnScan> scan(
      List<ColumnNode> wanted, Map<Integer, ColumnRange> ranges, boolean isCut) {
    int length = file.file.indexBytes();
    ByteBuffer end = file.read(file.bytes.length - length, length);
    file.readBytes = 0;
    return ColumnScan.open(file.file, end, tree, wanted, ranges, isCut);
  }

  /** By leaf: the entries of all rows, a line each. */
  private Map<String, String> read(ColumnScan scan, long from, long to, Random random) {
    Map<String, StringBuilder> read = new TreeMap<>();
    try (var rows = new PageRows(scan.shape(), tree)) {
      for (ColumnScan.Group group : scan.groups()) {
        List<ByteBuffer> bytes = new ArrayList<>();
        for (ColumnScan.Span span : group.spans()) {
          bytes.add(file.read(span.position(), span.length()));
        }
        rows.begin(group, bytes, from, to);
        while (rows.take(1 + random.nextInt(400)) > 0) {
          for (ColumnVector vector : rows.vectors()) show(vector, read);
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    Map<String, String> texts = new TreeMap<>();
    read.forEach((leaf, text) -> texts.put(leaf, text.toString()));
    return texts;
  }

  private Map<String, String> ofBatches(long from, long to) {
    Map<String, StringBuilder> read = new TreeMap<>();
    try (var rows = new BatchRows(tree, 0, true, schemas, false)) {
      for (TestBatch batch : batches) {
        rows.clear();
        rows.begin(ByteBuffer.wrap(batch.toBytes()), from, to, List.of());
        boolean _ = rows.take(OrderEvents.BATCH_RECORDS);
        for (ColumnVector vector : rows.vectors()) show(vector, read);
      }
    }
    Map<String, String> texts = new TreeMap<>();
    read.forEach((leaf, text) -> texts.put(leaf, text.toString()));
    return texts;
  }

  private static void show(ColumnVector vector, Map<String, StringBuilder> read) {
    Leaf leaf = vector.leaf;
    if (vector.count == 0) return;
    StringBuilder out =
        read.computeIfAbsent(String.join(".", leaf.path()), _ -> new StringBuilder());
    int value = 0;
    for (int i = 0; i < vector.count; i++) {
      int definition = leaf.definitionMax() == 0 ? 0 : vector.definitions[i];
      out.append(leaf.isFlat() ? 0 : vector.repetitions[i]).append('/').append(definition);
      out.append(' ');
      if (definition < leaf.definitionMax()) {
        out.append("null");
      } else if (leaf.type().isNumber()) {
        out.append(vector.longs[value++]);
      } else {
        out.append(new String(vector.bytes, vector.starts[value], vector.length(value++), UTF_8));
      }
      out.append(" \n");
    }
  }
}
