package oxbow.query.flight;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.flight.sql.FlightSqlProducer.Schemas;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/** Tables with their columns. */
final class TableSchemas {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final SqlEngine engine;
  private final BufferAllocator allocator;

  TableSchemas(SqlEngine engine, BufferAllocator allocator) {
    this.engine = engine;
    this.allocator = allocator;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Table(List<String> names, byte[] schema) {}

  /**
   * Sends what a question about tables gives, and beside each its columns.
   *
   * @param sql gives catalog, schema, name and type of each
   */
  void send(String sql, List<@Nullable Object> values, ServerStreamListener listener) {
    try (VectorSchemaRoot root = VectorSchemaRoot.create(Schemas.GET_TABLES_SCHEMA, allocator)) {
      List<Table> tables = tables(sql, values);
      listener.start(root);
      root.allocateNew();
      for (int row = 0; row < tables.size(); row++) {
        Table table = tables.get(row);
        for (int i = 0; i < 4; i++) {
          ((VarCharVector) root.getVector(i))
              .setSafe(row, table.names().get(i).getBytes(StandardCharsets.UTF_8));
        }
        ((VarBinaryVector) root.getVector(4)).setSafe(row, table.schema());
      }
      root.setRowCount(tables.size());
      listener.putNext();
      listener.completed();
    } catch (RuntimeException e) {
      listener.error(FlightFailures.of(e));
    } catch (IOException e) {
      listener.error(e);
    }
  }

  private List<Table> tables(String sql, List<@Nullable Object> values) throws IOException {
    List<Table> tables = new ArrayList<>();
    var request =
        new SqlRequest(
            sql, values, Optional.empty(), Optional.empty(), OptionalLong.empty(), ZoneOffset.UTC);
    List<List<String>> all = new ArrayList<>();
    try (RunningQuery query = engine.run(request)) {
      for (var step = query.next(PATIENCE);
          step != RunningQuery.Step.END;
          step = query.next(PATIENCE)) {
        if (step == RunningQuery.Step.QUIET) continue;
        VectorSchemaRoot batch = query.batch();
        for (int row = 0; row < batch.getRowCount(); row++) {
          List<String> names = new ArrayList<>();
          for (int i = 0; i < 4; i++) names.add(String.valueOf(batch.getVector(i).getObject(row)));
          all.add(names);
        }
      }
    }
    for (List<String> names : all) {
      Optional<Schema> schema = schema(names);
      if (schema.isPresent()) tables.add(new Table(names, serialized(schema.get())));
    }
    return tables;
  }

  /** Empty: it is gone meanwhile. */
  private Optional<Schema> schema(List<String> names) {
    String name = quoted(names.get(0)) + "." + quoted(names.get(1)) + "." + quoted(names.get(2));
    try {
      return Optional.of(engine.describe("SELECT * FROM " + name).schema());
    } catch (SqlException e) {
      if (e.kind() == SqlException.Kind.NO_TABLE) return Optional.empty();
      throw e;
    }
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  private static byte[] serialized(Schema schema) throws IOException {
    var out = new ByteArrayOutputStream();
    long _ = MessageSerializer.serialize(new WriteChannel(Channels.newChannel(out)), schema);
    return out.toByteArray();
  }
}
