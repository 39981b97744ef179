package oxbow.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaStore;
import oxbow.schema.SchemaType;
import oxbow.schema.StoredSchema;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.SchemaValue;

/** As many schemas as a large company has. */
class RegistryLoadTest {
  private static final int SCHEMAS = 100_000;
  private static final int VERSIONS_PER_SUBJECT = 4;
  private static final long MIB = 1 << 20;

  @Test
  void hundredThousandSchemasLoadInSecondsAndFitInHalfAGigabyte() {
    long before = usedBytes();
    var registry =
        new Registry(
            new MadeUpStore(),
            List.of(new AvroFormat()),
            RegistryConfig.DEFAULT,
            InstantSource.system());

    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long beginNanos = threads.getCurrentThreadCpuTime();
    registry.open().toCompletableFuture().join();
    Duration work = Duration.ofNanos(threads.getCurrentThreadCpuTime() - beginNanos);

    long held = usedBytes() - before;
    assertThat(registry.schemaCount()).isEqualTo(SCHEMAS);
    assertThat(registry.subjectCount()).isEqualTo(SCHEMAS / VERSIONS_PER_SUBJECT);
    assertThat(registry.byId(SCHEMAS)).isPresent();
    assertThat(registry.maxId(".")).isEqualTo(SCHEMAS);
    // Not by the clock, which tells more of what else the machine does. It takes about a second,
    // most of which is making the records up.
    assertThat(work).as("work of the thread that reads").isLessThan(Duration.ofSeconds(10));
    assertThat(held).as("bytes held for texts of 100 MB").isLessThan(256 * MIB);
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** Makes its records up as they are read, so that they take no memory themselves. */
  private static final class MadeUpStore implements SchemaStore {
    private static final String FIELDS = fields();

    private static String fields() {
      var fields = new StringBuilder();
      for (int i = 0; i < 18; i++) {
        if (i > 0) fields.append(',');
        fields.append("{\"name\":\"some_field_").append(i).append("\",\"type\":\"string\"}");
      }
      return fields.toString();
    }

    @Override
    public CompletionStage<Void> open(Listener listener) {
      for (int id = 1; id <= SCHEMAS; id++) {
        int version = 1 + (id - 1) % VERSIONS_PER_SUBJECT;
        String subject = "team.topic-" + (id - 1) / VERSIONS_PER_SUBJECT + "-value";
        String text =
            "{\"type\":\"record\",\"name\":\"R%d\",\"namespace\":\"org.example.team\",\"fields\":[%s]}"
                .formatted(id, FIELDS);
        var schema =
            new StoredSchema(
                subject,
                version,
                id,
                SchemaContent.of(SchemaType.AVRO, text, List.of(), null, null),
                false,
                id,
                null);
        listener.read(
            id, id, RecordCodec.entry(new SchemaKey(subject, version), new SchemaValue(schema)));
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Long> append(List<Entry> entries) {
      return CompletableFuture.failedFuture(new AssertionError("a load writes nothing"));
    }

    @Override
    public void close() {}
  }
}
