package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.ReadLimit;
import oxbow.query.Topics.Topic;
import oxbow.query.scan.RangeCache;
import oxbow.query.sql.QueryStatus.State;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.duckdb.Database;
import oxbow.query.sql.duckdb.DuckDbException;
import oxbow.query.sql.duckdb.Rows;
import oxbow.query.sql.duckdb.SqlType;
import oxbow.query.sql.duckdb.Statement;

/**
 * One query, from its text to its last batch. Its own thread does all the work, in a database of
 * its own that goes with it; others pull batches, ask how it is, and stop it.
 *
 * <pre>
 *   text -> {@link StatementCheck} -> {@link QueryTables#create} -> plan -> {@link Predicates}
 *        -> {@link QueryTables#fill} -> run -> {@link Handoff}
 * </pre>
 */
final class QueryRun implements RunningQuery {
  private static final Logger log = LoggerFactory.getLogger(QueryRun.class);

  /** A row group lies in memory until it is whole; wide rows make for fewer in one. */
  private static final String PARQUET =
      " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440, ROW_GROUP_SIZE_BYTES '16MB')";

  /** What making a file gives: how many rows it has. */
  private static final Schema COUNT =
      new Schema(List.of(Field.nullable("Count", new ArrowType.Int(Long.SIZE, true))));

  private final String id;
  private final SqlRequest request;
  private final SqlLimits limits;
  private final SqlSources sources;
  private final RangeCache cache;
  private final Databases databases;
  private final Trees trees;
  private final BufferAllocator allocator;
  private final InstantSource clock;

  /** How long whoever closes a query waits for what it is stuck in. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(2);

  private final boolean isDescribing;
  private final Host host;
  private final Instant begun;
  private final Handoff handoff = new Handoff();
  private final CompletableFuture<Planned> planned = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final CompletableFuture<Void> stopSignal = new CompletableFuture<>();

  /** Why it was stopped from outside. */
  private final AtomicReference<@Nullable SqlException> stopped = new AtomicReference<>();

  private volatile State state = State.QUEUED;
  private volatile @Nullable Instant started;
  private volatile @Nullable Instant finished;
  private volatile @Nullable SqlException error;
  private volatile long rows;
  private volatile @Nullable Database database;
  private volatile @Nullable QueryTables tables;
  private volatile QueryStatus.Work workDone = QueryStatus.Work.NONE;
  private @Nullable VectorSchemaRoot current;
  private List<Topic> topics = List.of();

  /** What is known before the first row. */
  record Planned(List<ResultColumn> columns, Schema schema, Schema parameters) {}

  /** Whoever runs queries. */
  interface Host {
    /** Stops a query wherever it is. */
    void stop(QueryRun query, SqlException cause);

    /** Has a query wait without keeping others from their turn. */
    void await(QueryRun query, Runnable waiting);

    /** It has given all of its rows, and goes on to give back what it held. */
    void finished(QueryRun query);
  }

  /**
   * @param allocator closed with this
   * @param isDescribing only columns are wanted
   */
  QueryRun(
      String id,
      SqlRequest request,
      SqlLimits limits,
      SqlSources sources,
      RangeCache cache,
      Databases databases,
      Trees trees,
      BufferAllocator allocator,
      InstantSource clock,
      boolean isDescribing,
      Host host) {
    this.id = id;
    this.request = request;
    this.limits = limits;
    this.sources = sources;
    this.cache = cache;
    this.databases = databases;
    this.trees = trees;
    this.allocator = allocator;
    this.clock = clock;
    this.isDescribing = isDescribing;
    this.host = host;
    this.begun = clock.instant();
  }

  // ---- on the query's thread

  /** All of its work, until it has ended and given back what it held. */
  void work() {
    started = clock.instant();
    state = State.RUNNING;
    try {
      run();
      if (state != State.FINISHED) finish();
    } catch (Throwable e) {
      if (state == State.FINISHED) {
        log.atWarn().addKeyValue("query", id).setCause(e).log("a query left something behind");
        return;
      }
      SqlException told = told(e);
      finished = clock.instant();
      error = told;
      state = told.kind() == Kind.CANCELLED ? State.CANCELLED : State.FAILED;
      planned.completeExceptionally(told);
      handoff.fail(told);
    }
  }

  /** All rows were given. */
  private void finish() {
    finished = clock.instant();
    state = State.FINISHED;
    host.finished(this);
    handoff.end();
  }

  /** Why it was stopped counts for more than what came of that, and our own failures say more. */
  private SqlException told(Throwable failure) {
    SqlException cause = stopped.get();
    if (cause != null) return cause;
    QueryTables read = tables;
    Throwable ours = read == null ? null : read.failure();
    return SqlFailures.of(ours == null ? failure : ours, request.sql());
  }

  private void run() {
    StatementKind kind = StatementKind.of(request.sql());
    if (kind.isContinuous() && request.file().isPresent()) {
      throw new SqlException(Kind.INVALID, "a query that goes on makes no file");
    }
    boolean goesOn = kind.isContinuous() && !isDescribing;
    Map<String, Map<Integer, Long>> froms = Map.of();
    do {
      froms = round(kind, froms, !goesOn);
    } while (goesOn && awaitMore(froms));
  }

  /**
   * Runs it over what there is.
   *
   * @param froms where to begin; empty: with the logs
   * @param isLast whoever waits needn't wait until everything is given back
   * @return where to go on
   */
  private Map<String, Map<Integer, Long>> round(
      StatementKind kind, Map<String, Map<Integer, Long>> froms, boolean isLast) {
    checkNotStopped();
    try (QueryTables created =
        new QueryTables(sources, limits.namespace(), cache, limits.aheadBytes(), this::isStopped)) {
      tables = created;
      try (Databases.Fresh fresh = databases.take()) {
        Database opened = fresh.database();
        database = opened;
        String zone = zone(request.zone());
        if (!zone.equals(Sandbox.ZONE)) opened.execute("SET TimeZone = '" + zone + "'");
        JsonNode tree = trees.of(opened, kind.sql());
        StatementCheck check = StatementCheck.of(request.sql(), tree);
        if (kind.isContinuous() && froms.isEmpty()) checkContinuous(opened, check);
        created.create(opened, check, request.sql(), kind.asOf(), froms);
        List<Path> directories = new ArrayList<>();
        created.directory().ifPresent(directories::add);
        request.file().ifPresent(file -> directories.add(file.toAbsolutePath().getParent()));
        Sandbox.close(opened, directories);
        checkNotStopped();
        runLocked(opened, created, check, kind, tree);
        workDone = created.work();
        if (isLast) {
          finish();
          databases.refill();
        }
      } finally {
        database = null;
        workDone = created.work();
      }
      topics = created.topics();
      return created.ends();
    }
  }

  /** Only what is made of single rows can go on without being wrong. */
  private static void checkContinuous(Database opened, StatementCheck check) {
    boolean hasAggregate =
        check.functions().stream()
            .anyMatch(name ->
                !opened
                    .texts(
                        "SELECT function_name FROM duckdb_functions() WHERE function_type ="
                            + " 'aggregate' AND lower(function_name) = ?",
                        name)
                    .isEmpty());
    if (check.isRowByRow() && !hasAggregate) return;
    throw new SqlException(
        Kind.INVALID,
        "EMIT CHANGES goes with rows of one table, filtered and converted, and nothing more",
        0,
        0,
        "leave out joins, aggregates, windows, ORDER BY, LIMIT and DISTINCT",
        null);
  }

  /** Waits until there are records behind what was read; false: nobody will want them. */
  private boolean awaitMore(Map<String, Map<Integer, Long>> ends) {
    if (rows >= request.rowsMax().orElse(Long.MAX_VALUE)) return false;
    List<CompletableFuture<?>> arrivals = new ArrayList<>();
    arrivals.add(stopSignal);
    for (Topic topic : topics) {
      Map<Integer, Long> known = ends.getOrDefault(topic.name(), Map.of());
      for (int i = 0; i < topic.partitions(); i++) {
        arrivals.add(
            sources
                .topics()
                .await(topic.partition(i), known.getOrDefault(i, 0L), ReadLimit.LAST_STABLE));
      }
    }
    try {
      CompletableFuture<?> any =
          CompletableFuture.anyOf(arrivals.toArray(CompletableFuture[]::new));
      host.await(this, any::join);
    } catch (CompletionException e) {
      throw SqlFailures.of(e, request.sql());
    } finally {
      arrivals.stream().skip(1).forEach(each -> each.cancel(false));
    }
    checkNotStopped();
    return true;
  }

  /** As DuckDB names it. */
  private static String zone(ZoneId zone) {
    if (!(zone.normalized() instanceof ZoneOffset offset)) return zone.getId();
    int hours = offset.getTotalSeconds() / 3600;
    if (offset.getTotalSeconds() % 3600 != 0) {
      throw new SqlException(Kind.INVALID, "name a time zone, or a whole number of hours");
    }
    // Zones of this kind count westwards.
    return hours == 0 ? "UTC" : "Etc/GMT" + (hours > 0 ? "-" : "+") + Math.abs(hours);
  }

  private void runLocked(
      Database opened,
      QueryTables created,
      StatementCheck check,
      StatementKind kind,
      JsonNode tree) {
    if (isDescribing) {
      planned.complete(described(opened, kind));
      return;
    }
    created.fill(check.isShown() ? Map.of() : reads(opened, created, check, kind.sql(), tree));
    checkNotStopped();
    if (kind.isExplain()) {
      explain(opened, created, kind);
      return;
    }
    Statement statement = opened.prepare(kind.sql());
    try {
      checkParameters(statement.parameters());
      List<Statement.Column> found = columns(opened, statement, kind.sql());
      Planned columns = planned(found, parameters(statement));
      checkSame(columns);
      String sql = inForm(withTexts(kind.sql(), found));
      if (!sql.equals(kind.sql())) {
        statement.close();
        statement = opened.prepare(sql);
      }
      planned.complete(columns);
      bind(statement);
      checkNotStopped();
      try (Rows rows = statement.execute()) {
        if (request.file().isPresent()) count(rows);
        else pump(rows, columns.schema());
      }
    } finally {
      statement.close();
    }
  }

  private Planned described(Database opened, StatementKind kind) {
    try (Statement statement = opened.prepare(kind.sql())) {
      Schema parameters = parameters(statement);
      if (kind.isExplain()) return explainPlanned(parameters);
      return planned(columns(opened, statement, kind.sql()), parameters);
    }
  }

  /** The statement, or the one that makes a file of its rows. */
  private String inForm(String sql) {
    if (request.file().isEmpty()) return sql;
    String rows = "SELECT * FROM (" + sql + "\n)";
    if (request.rowsMax().isPresent()) rows += " LIMIT " + request.rowsMax().getAsLong();
    return "COPY (" + rows + ") TO " + Sandbox.literal(request.file().get()) + PARQUET;
  }

  private void count(Rows found) {
    while (found.next()) {
      try (VectorSchemaRoot batch = found.take(COUNT, allocator)) {
        rows = ((BigIntVector) batch.getVector(0)).get(0);
      }
    }
  }

  /** Whoever takes rows was told their columns. */
  private void checkSame(Planned columns) {
    if (!planned.isDone() || planned.join().schema().equals(columns.schema())) return;
    throw new SqlException(
        Kind.UNAVAILABLE,
        "the topic's columns are other ones now",
        0,
        0,
        "ask again; or name the columns that you want",
        null);
  }

  /** What isn't given is null. */
  private void bind(Statement statement) {
    List<@Nullable Object> given = request.parameters();
    for (int i = 0; i < statement.parameters(); i++) {
      statement.bind(i + 1, i < given.size() ? given.get(i) : null);
    }
  }

  /** The columns of a statement, which is run for that over nothing if they depend on values. */
  private List<Statement.Column> columns(Database opened, Statement statement, String sql) {
    List<Statement.Column> declared = statement.columns();
    if (!declared.isEmpty()) return declared;
    try (Statement empty = opened.prepare("SELECT * FROM (" + sql + "\n) LIMIT 0")) {
      bind(empty);
      try (Rows rows = empty.execute()) {
        return rows.columns();
      }
    }
  }

  /** What its values are taken for. */
  private static Schema parameters(Statement statement) {
    List<Field> fields = new ArrayList<>();
    for (SqlType type : statement.parameterTypes()) {
      String name = "parameter_" + (fields.size() + 1);
      boolean isKnown = type.kind() != SqlType.Kind.OTHER && type.kind() != SqlType.Kind.NULL;
      fields.add(isKnown ? type.field(name) : Field.nullable(name, new ArrowType.Utf8()));
    }
    return new Schema(fields);
  }

  private static Planned planned(List<Statement.Column> columns, Schema parameters) {
    return new Planned(
        columns.stream()
            .map(column -> new ResultColumn(column.name(), column.type().resultName()))
            .toList(),
        new Schema(columns.stream().map(column -> column.type().field(column.name())).toList()),
        parameters);
  }

  private static String text(Database opened, JsonNode tree) {
    return requireNonNull(
        opened
            .texts("SELECT json_deserialize_sql(?::VARCHAR::JSON)", tree.toString())
            .getFirst()
            .getFirst());
  }

  private Map<Integer, Predicates.Read> reads(
      Database opened, QueryTables created, StatementCheck check, String sql, JsonNode tree) {
    String explained = InLists.bounded(tree).map(bounded -> text(opened, bounded)).orElse(sql);
    String plan;
    try (Statement statement = opened.prepare("EXPLAIN (FORMAT JSON) " + explained)) {
      checkParameters(statement.parameters());
      plan = requireNonNull(statement.texts(request.parameters()).getFirst().getLast());
    } catch (DuckDbException e) {
      opened.prepare(sql).close(); // fails, too, and says where in the text that was given
      throw e;
    }
    return new Predicates(opened, trees, created::columns, check.renamed())
        .reads(plan, QueryTables.PLAN_PREFIX);
  }

  /** Columns that Arrow doesn't have become text, and those that Parquet lacks what comes next. */
  private String withTexts(String sql, List<Statement.Column> columns) {
    if (columns.stream().allMatch(column -> isKept(column.type()))) return sql;
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      SqlType type = columns.get(i).type();
      String other = type.isVector() ? type.parquetName() : "VARCHAR";
      String value = isKept(type) ? "c" + i : "c" + i + "::" + other;
      names.add("c" + i);
      values.add(value + " AS " + SqlType.quoted(columns.get(i).name()));
    }
    return "SELECT "
        + String.join(", ", values)
        + " FROM ("
        + sql
        + "\n) AS q("
        + String.join(", ", names)
        + ")";
  }

  private boolean isKept(SqlType type) {
    return type.isVector() && (request.file().isEmpty() || type.parquetName().equals(type.name()));
  }

  private void checkParameters(int wanted) {
    int given = request.parameters().size();
    if (given == wanted) return;
    throw new SqlException(
        Kind.INVALID,
        "the statement has " + wanted + " parameters, and " + given + " values were given");
  }

  private void pump(Rows found, Schema schema) {
    long given = rows;
    long left = request.rowsMax().orElse(Long.MAX_VALUE) - given;
    while (left > 0 && found.next()) {
      checkNotStopped();
      VectorSchemaRoot batch = found.take(schema, allocator);
      if (batch.getRowCount() > left) {
        VectorSchemaRoot cut = batch.slice(0, (int) left);
        batch.close();
        batch = cut;
      }
      int count = batch.getRowCount();
      if (!handoff.put(batch)) {
        batch.close();
        checkNotStopped();
        return;
      }
      left -= count;
      given += count;
      rows = given;
    }
  }

  // ---- explaining

  private static Planned explainPlanned(Schema parameters) {
    List<ResultColumn> columns =
        List.of(new ResultColumn("what", "VARCHAR"), new ResultColumn("plan", "VARCHAR"));
    List<Field> fields =
        columns.stream()
            .map(column -> Field.nullable(column.name(), new ArrowType.Utf8()))
            .toList();
    return new Planned(columns, new Schema(fields), parameters);
  }

  private void explain(Database opened, QueryTables created, StatementKind kind) {
    List<List<@Nullable String>> lines = new ArrayList<>();
    String how = "EXPLAIN ";
    if (kind.isPlanJson()) how += kind.isAnalyze() ? "(ANALYZE, FORMAT JSON) " : "(FORMAT JSON) ";
    else if (kind.isAnalyze()) how += "ANALYZE ";
    var plans = opened.texts(how + kind.sql(), request.parameters().toArray());
    for (String table : created.explained()) lines.add(List.of("tables", table));
    lines.addAll(plans);
    Planned columns = explainPlanned(new Schema(List.of()));
    planned.complete(columns);
    rows = lines.size();
    if (request.file().isPresent()) {
      opened.execute(inForm(rowsOf(lines)));
      return;
    }
    VectorSchemaRoot batch = texts(columns.schema(), lines);
    if (!handoff.put(batch)) batch.close();
  }

  private static String rowsOf(List<List<@Nullable String>> lines) {
    return lines.stream()
        .map(line ->
            line.stream()
                .map(text -> text == null ? "NULL" : "'" + text.replace("'", "''") + "'")
                .collect(Collectors.joining(", ", "(", ")")))
        .collect(Collectors.joining(", ", "SELECT * FROM (VALUES ", ") AS lines(what, plan)"));
  }

  private VectorSchemaRoot texts(Schema schema, List<List<@Nullable String>> lines) {
    VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
    for (int column = 0; column < root.getFieldVectors().size(); column++) {
      var vector = (VarCharVector) root.getVector(column);
      for (int row = 0; row < lines.size(); row++) {
        String text = lines.get(row).get(column);
        if (text != null) vector.setSafe(row, text.getBytes(UTF_8));
      }
      vector.setValueCount(lines.size());
    }
    root.setRowCount(lines.size());
    return root;
  }

  // ---- stopping, on any thread

  boolean isStopped() {
    return stopped.get() != null || handoff.isClosed();
  }

  private void checkNotStopped() {
    SqlException cause = stopped.get();
    if (cause != null) throw cause;
    if (handoff.isClosed()) throw new SqlException(Kind.CANCELLED, "nobody waits for it");
  }

  /**
   * Stops it. What DuckDB does at the moment may begin anew just then and not notice: so this is
   * called again until it has ended.
   */
  void stop(SqlException cause) {
    if (ended.isDone()) return;
    stopped.compareAndSet(null, cause);
    SqlException first = requireNonNull(stopped.get());
    // Its thread may be waiting for a store that doesn't answer: whoever asked is told all the
    // same.
    planned.completeExceptionally(first);
    handoff.fail(first);
    stopSignal.complete(null);
    interrupt();
  }

  void interrupt() {
    Database running = database;
    if (running != null) running.interrupt();
  }

  boolean hasEnded() {
    return ended.isDone();
  }

  void whenEnded(Runnable action) {
    var _ = ended.thenRun(action);
  }

  /** It ends before anything was done. */
  void neverBegan(SqlException cause) {
    error = cause;
    state = cause.kind() == Kind.CANCELLED ? State.CANCELLED : State.FAILED;
    finished = clock.instant();
    planned.completeExceptionally(cause);
    handoff.fail(cause);
  }

  /** Nobody finds it under way any more. */
  void ended() {
    ended.complete(null);
  }

  /** Waits until its columns are known. */
  Planned planned() {
    try {
      return planned.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SqlException known) throw known;
      throw e;
    }
  }

  // ---- as others see it

  @Override
  public String id() {
    return id;
  }

  @Override
  public List<ResultColumn> columns() {
    return planned().columns();
  }

  @Override
  public Schema schema() {
    return planned().schema();
  }

  @Override
  public boolean isContinuous() {
    return StatementKind.isContinuous(request.sql());
  }

  @Override
  public Step next(Duration patience) {
    closeCurrent();
    return switch (handoff.take(patience)) {
      case Handoff.Found.Batch(VectorSchemaRoot root) -> {
        current = root;
        yield Step.BATCH;
      }
      case Handoff.Found.Quiet() -> {
        checkFileSize();
        yield Step.QUIET;
      }
      case Handoff.Found.End() -> Step.END;
    };
  }

  /** A file takes the disk's room as what is spilled does: it is given as much. */
  private void checkFileSize() {
    long bytes = request.file().map(file -> file.toFile().length()).orElse(0L);
    if (bytes <= limits.spillBytes()) return;
    host.stop(
        this,
        new SqlException(
            Kind.TOO_LARGE,
            "the file would have more than " + limits.spillBytes() + " bytes",
            0,
            0,
            "ask for fewer rows or columns, or for Arrow, which comes as it is read",
            null));
  }

  private void closeCurrent() {
    VectorSchemaRoot last = current;
    current = null;
    if (last != null) last.close();
  }

  @Override
  public VectorSchemaRoot batch() {
    VectorSchemaRoot found = current;
    if (found == null) throw new IllegalStateException("there is no batch");
    return found;
  }

  @Override
  public QueryStatus status() {
    Instant now = finished == null ? clock.instant() : requireNonNull(finished);
    Instant first = started == null ? now : requireNonNull(started);
    return new QueryStatus(
        id,
        request.sql(),
        state,
        begun,
        Duration.between(begun, now),
        Duration.between(begun, first),
        Optional.ofNullable(error),
        rows,
        percent(),
        state == State.RUNNING ? workNow() : workDone);
  }

  private QueryStatus.Work workNow() {
    QueryTables read = tables;
    return read == null ? QueryStatus.Work.NONE : read.work();
  }

  private double percent() {
    if (state == State.FINISHED) return 100;
    Database running = database;
    return running == null ? 0 : Math.clamp(running.percent(), 0, 100);
  }

  @Override
  public void cancel() {
    host.stop(this, new SqlException(Kind.CANCELLED, "the query was cancelled"));
  }

  @Override
  public void close() {
    handoff.close();
    host.stop(this, new SqlException(Kind.CANCELLED, "nobody waits for it any more"));
    try {
      ended.get(END_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      // It is stuck in a call to the store, which ends by itself: the rest is given back then.
      var _ = ended.thenRunAsync(this::giveBack);
      return;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      var _ = ended.thenRunAsync(this::giveBack);
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a query's end doesn't fail", e);
    }
    giveBack();
  }

  private void giveBack() {
    closeCurrent();
    allocator.close();
  }
}
