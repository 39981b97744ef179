package oxbow.query.sql.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;
import oxbow.query.replay.Waiting;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlException;

/**
 * Rows as a Parquet file. Written by an engine of its own that knows nothing but these rows, lives
 * as long as the writing, and holds one row group at a time.
 */
final class ParquetFile {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final String MEMORY = "256MB";
  private static final int ROW_GROUP = 60_000;

  private ParquetFile() {}

  /** Takes all rows of a query; whatever it fails with is thrown as it came. */
  static void write(RunningQuery query, Path path, Waiting waiting) {
    var settings = new Properties();
    settings.setProperty("threads", "1");
    settings.setProperty("memory_limit", MEMORY);
    settings.setProperty("temp_directory", "");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    try (BufferAllocator allocator = new RootAllocator();
        Rows rows = new Rows(query, allocator, waiting);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator);
        var connection = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", settings)) {
      Data.exportArrayStream(allocator, rows, stream);
      connection.registerArrowStream("answer", stream);
      try (Statement statement = connection.createStatement()) {
        boolean _ =
            statement.execute(
                "COPY (FROM answer) TO '"
                    + path.toString().replace("'", "''")
                    + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE "
                    + ROW_GROUP
                    + ")");
      } catch (SQLException e) {
        RuntimeException reason = rows.failure;
        if (reason != null) throw reason;
        throw new SqlException(
            SqlException.Kind.FAILED,
            "the rows can't be written as Parquet: " + e.getMessage(),
            0,
            0,
            "ask for format=arrow or ndjson",
            e);
      }
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("the writer of Parquet can't be opened", e);
    }
  }

  /** The query's rows as somebody who asks for batches sees them. */
  private static final class Rows extends ArrowReader {
    private final RunningQuery query;
    private final Waiting waiting;
    private @Nullable RuntimeException failure;

    Rows(RunningQuery query, BufferAllocator allocator, Waiting waiting) {
      super(allocator);
      this.query = query;
      this.waiting = waiting;
    }

    @Override
    public boolean loadNextBatch() throws IOException {
      try {
        while (true) {
          waiting.check();
          switch (query.next(PATIENCE)) {
            case BATCH -> {
              prepareLoadNextBatch();
              load(query.batch());
              return true;
            }
            case QUIET -> {}
            case END -> {
              return false;
            }
          }
        }
      } catch (RuntimeException e) {
        failure = e;
        throw new IOException(e);
      }
    }

    /**
     * A copy: what the engine lends is gone with the next batch, which the writer asks for early.
     */
    private void load(VectorSchemaRoot lent) throws IOException {
      var bytes = new ByteArrayOutputStream();
      try (ArrowRecordBatch batch = new VectorUnloader(lent).getRecordBatch()) {
        Object _ = MessageSerializer.serialize(new WriteChannel(Channels.newChannel(bytes)), batch);
      }
      var in = new ReadChannel(Channels.newChannel(new ByteArrayInputStream(bytes.toByteArray())));
      try (ArrowRecordBatch own = MessageSerializer.deserializeRecordBatch(in, allocator)) {
        new VectorLoader(getVectorSchemaRoot()).load(own);
      }
    }

    @Override
    protected Schema readSchema() {
      return query.schema();
    }

    @Override
    public Map<Long, Dictionary> getDictionaryVectors() {
      return Map.of();
    }

    @Override
    public long bytesRead() {
      return 0;
    }

    @Override
    protected void closeReadSource() {}
  }
}
