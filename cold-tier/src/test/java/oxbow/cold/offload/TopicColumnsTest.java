package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.table.testing.EngineView;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.schema.layout.Column;

class TopicColumnsTest {
  @TempDir Path directory;

  private OneTopic topic;
  private MemoryObjectStore bucket;
  private ColdTable table;
  private TopicColumns columns;

  @BeforeEach
  void open() {
    topic = new OneTopic(directory);
    bucket = new MemoryObjectStore(topic.clock);
    table = topic.table(bucket);
    columns = new TopicColumns("orders", table, topic.schemas);
  }

  @AfterEach
  void close() {
    topic.close();
  }

  private static String order(String fields) {
    return "{\"type\": \"record\", \"name\": \"Order\", \"fields\": [" + fields + "]}";
  }

  private static String field(String name, String type) {
    return "{\"name\": \"" + name + "\", \"type\": \"" + type + "\"}";
  }

  private List<String> names() {
    return table.layout().columns().stream().map(Column::name).toList();
  }

  @Test
  void aVersionThatIsRegisteredAddsItsColumnsAndKeepsTheOthers() {
    topic.schemas.register("orders-value", 1, order(field("n", "int")));
    TopicColumns.Known first = columns.now();
    topic.schemas.register("orders-value", 2, order(field("text", "string")));
    TopicColumns.Known second = columns.now();

    assertThat(first.placed()).containsOnlyKeys(1);
    assertThat(second.placed()).containsOnlyKeys(1, 2);
    assertThat(names()).containsExactly("n", "text");
    assertThat(table.layout().columns().getFirst().id())
        .isEqualTo(first.columns().values().columns().getFirst().id());
  }

  @Test
  void aVersionThatDoesNotFitIsRefusedAndTheOthersStay() {
    topic.schemas.register("orders-value", 1, order(field("n", "int")));
    topic.schemas.register("orders-value", 2, order(field("n", "string")));

    TopicColumns.Known known = columns.now();

    assertThat(known.placed()).containsOnlyKeys(1);
    assertThat(known.refused()).containsExactly(2);
    assertThat(names()).containsExactly("n");
  }

  @Test
  void whatOthersRegisterIsNoneOfItsColumnsUntilRecordsNameIt() {
    topic.schemas.register("elsewhere", 5, order(field("n", "int")));
    assertThat(columns.now().placed()).isEmpty();

    columns.meet(5);

    assertThat(columns.now().placed()).containsOnlyKeys(5);
  }

  @Test
  void theTableIsPartitionedByAColumnFromWhenItHasIt() {
    columns.partitionBy(Partitioning.parse("day(kafka_timestamp), bucket(4, n)"));
    topic.schemas.register("orders-value", 1, order(field("n", "int")));

    columns.now();

    columns.partitionBy(Partitioning.parse("hour(n)")); // there is no such thing, and no harm done
    assertThat(columns.now().columns().values().columns()).hasSize(1);
    var table = new EngineView(IcebergCatalog.open(bucket, topic.clock), "orders");
    assertThat(table.partitioning())
        .containsExactly("kafka_partition", "kafka_timestamp_day", "n_bucket_4");
  }

  @Test
  void aFieldCalledValueStandsBesideTheColumnOfValuesWithoutSchema() {
    topic.schemas.register("orders-value", 1, order(field("value", "int")));

    TopicColumns.Known known = columns.now();

    List<String> all = known.columns().all().stream().map(Column::name).toList();
    assertThat(all).contains("value", "value_14").doesNotHaveDuplicates();
    assertThat(table.columns()).isEqualTo(known.columns());
  }
}
