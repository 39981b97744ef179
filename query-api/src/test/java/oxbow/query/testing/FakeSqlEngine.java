package oxbow.query.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.ResultColumn;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/**
 * An engine whose statements are words: {@code rows 5}, {@code rows 5 fail}, {@code hang}, {@code
 * live}, {@code wrong}, {@code busy}. Counts what is open. Thread-safe.
 */
public final class FakeSqlEngine implements SqlEngine {
  private static final int BATCH_ROWS = 1000;
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              new Field("n", FieldType.nullable(new ArrowType.Int(64, true)), null),
              new Field("t", FieldType.nullable(ArrowType.Utf8.INSTANCE), null)));

  public final BufferAllocator allocator = new RootAllocator();
  public final AtomicInteger open = new AtomicInteger();
  public final AtomicLong batches = new AtomicLong();
  public final List<SqlRequest> requests = new ArrayList<>();
  private final Map<String, Running> running = new ConcurrentHashMap<>();

  @Override
  public RunningQuery run(SqlRequest request) {
    synchronized (requests) {
      requests.add(request);
    }
    List<String> words = List.of(request.sql().strip().split("\\s+"));
    switch (words.getFirst()) {
      case "wrong" ->
          throw new SqlException(
              SqlException.Kind.SYNTAX, "no such word", 1, 3, "try rows 5", null);
      case "busy" -> throw new SqlException(SqlException.Kind.BUSY, "too many");
      default -> {}
    }
    long count = words.getFirst().equals("rows") ? Long.parseLong(words.get(1)) : Long.MAX_VALUE;
    var query =
        new Running(
            request,
            Math.min(count, request.rowsMax().orElse(Long.MAX_VALUE)),
            words.contains("fail"),
            words.getFirst().equals("hang"),
            words.getFirst().equals("live"));
    running.put(query.id(), query);
    open.incrementAndGet();
    return query;
  }

  private final class Running implements RunningQuery {
    private final SqlRequest request;
    private final long count;
    private final boolean isFailing;
    private final boolean isHanging;
    private final boolean isLive;
    private final VectorSchemaRoot root = VectorSchemaRoot.create(SCHEMA, allocator);
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final AtomicLong given = new AtomicLong();

    Running(SqlRequest request, long count, boolean isFailing, boolean isHanging, boolean isLive) {
      this.request = request;
      this.count = count;
      this.isFailing = isFailing;
      this.isHanging = isHanging;
      this.isLive = isLive;
    }

    @Override
    public String id() {
      return request.queryId().orElseThrow();
    }

    @Override
    public List<ResultColumn> columns() {
      return List.of(new ResultColumn("n", "BIGINT"), new ResultColumn("t", "VARCHAR"));
    }

    @Override
    public Schema schema() {
      return SCHEMA;
    }

    @Override
    public boolean isContinuous() {
      return isLive;
    }

    @Override
    public Step next(Duration patience) {
      try {
        boolean isWaiting = isHanging || (isLive && given.get() > 0);
        if (cancelled.await(isWaiting ? patience.toMillis() : 0, TimeUnit.MILLISECONDS)) {
          throw new SqlException(SqlException.Kind.CANCELLED, "cancelled");
        }
        if (isWaiting) return Step.QUIET;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (request.file().isPresent() && given.getAndSet(count) < count) {
        write(request.file().get());
        return Step.QUIET;
      }
      if (given.get() == count) {
        if (isFailing) throw new SqlException(SqlException.Kind.CORRUPT, "broken behind the rows");
        return Step.END;
      }
      int rows = (int) Math.min(isLive ? 2 : BATCH_ROWS, count - given.get());
      root.clear();
      var numbers = (BigIntVector) root.getVector("n");
      var texts = (VarCharVector) root.getVector("t");
      for (int i = 0; i < rows; i++) {
        long n = given.get() + i;
        numbers.setSafe(i, n);
        if (n % 3 == 1) texts.setNull(i);
        else texts.setSafe(i, ("a \"" + n + "\",\n").getBytes(StandardCharsets.UTF_8));
      }
      root.setRowCount(rows);
      given.addAndGet(rows);
      batches.incrementAndGet();
      return Step.BATCH;
    }

    private void write(Path file) {
      try {
        Files.writeString(file, "PAR1 with " + count + " rows PAR1");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public VectorSchemaRoot batch() {
      return root;
    }

    @Override
    public QueryStatus status() {
      return new QueryStatus(
          id(),
          request.sql(),
          QueryStatus.State.RUNNING,
          Instant.EPOCH,
          Duration.ofMillis(5),
          Duration.ZERO,
          Optional.empty(),
          given.get(),
          50,
          QueryStatus.Work.NONE);
    }

    @Override
    public void cancel() {
      cancelled.countDown();
    }

    @Override
    public void close() {
      running.remove(id());
      root.close();
      open.decrementAndGet();
    }
  }

  @Override
  public Description describe(String sql) {
    return new Description(
        List.of(new ResultColumn("n", "BIGINT"), new ResultColumn("t", "VARCHAR")),
        SCHEMA,
        0,
        new Schema(List.of()));
  }

  @Override
  public List<QueryStatus> queries() {
    return running.values().stream().map(Running::status).toList();
  }

  @Override
  public Optional<QueryStatus> find(String queryId) {
    return Optional.ofNullable(running.get(queryId)).map(Running::status);
  }

  @Override
  public boolean cancel(String queryId) {
    Running found = running.get(queryId);
    if (found != null) found.cancel();
    return found != null;
  }

  @Override
  public void close() {
    running.values().forEach(Running::cancel);
    allocator.close();
  }
}
