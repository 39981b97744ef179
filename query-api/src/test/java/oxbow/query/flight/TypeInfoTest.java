package oxbow.query.flight;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetXdbcTypeInfo;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TypeInfoTest {
  /** Remembers the rows it is sent. */
  private static final class Rows implements ServerStreamListener {
    private final List<String> names = new ArrayList<>();
    private @Nullable VectorSchemaRoot started;
    private boolean isCompleted;

    @Override
    public void start(VectorSchemaRoot given, DictionaryProvider dictionaries, IpcOption option) {
      started = given;
    }

    @Override
    public void putNext() {
      VectorSchemaRoot root = requireNonNull(started);
      for (int row = 0; row < root.getRowCount(); row++) {
        names.add(
            root.getVector("type_name").getObject(row)
                + " "
                + root.getVector("data_type").getObject(row)
                + " "
                + root.getVector("column_size").getObject(row));
      }
    }

    @Override
    public void putNext(ArrowBuf metadata) {
      throw new AssertionError("no metadata is sent");
    }

    @Override
    public void putMetadata(ArrowBuf metadata) {
      throw new AssertionError("no metadata is sent");
    }

    @Override
    public void error(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void completed() {
      isCompleted = true;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}
  }

  @Test
  void typesAreToldWithTheirNumbers() {
    var all = new Rows();
    var some = new Rows();

    try (var allocator = new RootAllocator()) {
      TypeInfo.send(CommandGetXdbcTypeInfo.getDefaultInstance(), allocator, all);
      TypeInfo.send(
          CommandGetXdbcTypeInfo.newBuilder().setDataType(Types.BIGINT).build(), allocator, some);
    }

    assertThat(all.names).hasSize(19).contains("DECIMAL 3 38", "UUID 12 36");
    assertThat(some.names).containsExactly("BIGINT -5 19", "UBIGINT -5 20");
    assertThat(all.isCompleted && some.isCompleted).isTrue();
  }
}
