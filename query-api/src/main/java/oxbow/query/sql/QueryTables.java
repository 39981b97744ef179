package oxbow.query.sql;

import static java.util.Objects.requireNonNull;
import static oxbow.query.sql.duckdb.SqlType.quoted;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.cold.ColdTier;
import oxbow.cold.RowShape;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.store.ObjectStore.LocalFiles;
import oxbow.cold.table.SchemaMapping;
import oxbow.cold.table.TableVersion;
import oxbow.query.Topics.Topic;
import oxbow.query.scan.ColdColumns;
import oxbow.query.scan.LogRows;
import oxbow.query.scan.RangeCache;
import oxbow.query.scan.ScanPlan;
import oxbow.query.scan.ScanPlan.Bounds;
import oxbow.query.scan.ScanPlan.Piece;
import oxbow.query.scan.TopicSnapshot;
import oxbow.query.scan.Wanted;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.duckdb.ColumnTypes;
import oxbow.query.sql.duckdb.Database;
import oxbow.query.sql.duckdb.RowSource;
import oxbow.query.sql.duckdb.TableFunction;
import oxbow.schema.layout.Column;

/**
 * The tables that one statement names, as views in its database. First they are views of nothing
 * but columns, for the plan; once that tells what is wanted, each becomes what has to be read.
 *
 * <pre>
 *   create: view of oxbow_plan_0()          -> plan -> wanted
 *   fill:   view of read_parquet(files) and oxbow_rows_0()
 * </pre>
 */
final class QueryTables implements AutoCloseable {
  static final String CATALOG = "lake";
  static final String SYSTEM_SCHEMA = "oxbow";
  static final String PLAN_PREFIX = "oxbow_plan_";
  private static final String ROWS_PREFIX = "oxbow_rows_";
  private static final String SCHEMA_PREFIX = "oxbow_schema_";
  private static final int ROWS_PER_INSERT = 500;

  /** More files than these are told of by their number alone. */
  private static final int EXPLAINED_FILES_MAX = 1_000;

  /**
   * Where SQL is clumsy: the window of a time, the windows of one that overlap, and which row is
   * the last or the first of its kind.
   */
  private static final List<String> HELPERS =
      List.of(
          "CREATE MACRO tumble(moment, width) AS time_bucket(width, moment)",
          "CREATE MACRO hop(moment, width, every) AS list_filter(list_transform("
              + "range(0, ceil(epoch(width) / epoch(every))::BIGINT),"
              + " lambda i: time_bucket(every, moment) - every * i), lambda s: s + width > moment)",
          "CREATE MACRO newest_of(part, place) AS"
              + " row_number() OVER (PARTITION BY part ORDER BY place DESC) = 1",
          "CREATE MACRO oldest_of(part, place) AS"
              + " row_number() OVER (PARTITION BY part ORDER BY place) = 1");

  /** In a path that has these, the engine takes them for a pattern. */
  private static final Pattern GLOB = Pattern.compile("[*?\\[]");

  private @Nullable Database opened;
  private final SqlSources sources;
  private final String namespace;
  private final ColdColumns coldFiles;
  private final BooleanSupplier isStopped;
  private final List<Table> tables = new ArrayList<>();
  private final List<TableFunction> functions = new ArrayList<>();
  private final LongAdder piecesDone = new LongAdder();
  private @Nullable LocalFiles localFiles;
  private int links;

  /** A topic that the statement names. */
  private static final class Table {
    final int number;
    final TopicSnapshot snapshot;
    final List<Column> columns;
    @Nullable ScanPlan plan;
    Predicates.Read read;

    Table(int number, TopicSnapshot snapshot) {
      this.number = number;
      this.snapshot = snapshot;
      this.columns = SchemaMapping.named(snapshot.shape().columns());
      this.read = all();
    }

    Predicates.Read all() {
      return new Predicates.Read(
          Wanted.ALL, columns.stream().map(Column::name).collect(Collectors.toSet()));
    }

    String name() {
      return snapshot.topic().name();
    }
  }

  /**
   * @param cache of what is fetched of cold files
   * @param aheadBytes may be fetched before they are needed
   */
  QueryTables(
      SqlSources sources,
      String namespace,
      RangeCache cache,
      int aheadBytes,
      BooleanSupplier isStopped) {
    this.sources = sources;
    this.namespace = namespace;
    this.coldFiles =
        new ColdColumns(
            file -> tier().open(file),
            file -> tier().bytes(file),
            cache,
            new RangeCache.Traffic(),
            aheadBytes);
    this.isStopped = isStopped;
  }

  private ColdTier tier() {
    return sources.tier().get().orElseThrow();
  }

  /** Makes the schemas; before anything of a statement gets to the database. */
  static void prepare(Database database, String namespace) {
    database.execute("ATTACH ':memory:' AS " + CATALOG);
    database.execute("CREATE SCHEMA " + CATALOG + "." + quoted(namespace));
    database.execute("CREATE SCHEMA " + CATALOG + "." + SYSTEM_SCHEMA);
    database.execute("USE " + CATALOG + "." + quoted(namespace));
    for (String helper : HELPERS) database.execute(helper);
  }

  private Database database() {
    return requireNonNull(opened, "not begun");
  }

  /**
   * Finds the tables that a statement names, holds what they have from now on, and makes views of
   * their columns.
   *
   * @param database closed before this
   * @param froms where to begin, by topic and partition; absent: where the log does
   * @throws SqlException one isn't there
   */
  void create(
      Database database,
      StatementCheck check,
      String sql,
      List<AsOf> asOf,
      Map<String, Map<Integer, Long>> froms) {
    opened = database;
    Map<String, Topic> named = new HashMap<>();
    Map<AsOf, String> past = new LinkedHashMap<>();
    List<SystemTable> system = new ArrayList<>();
    for (StatementCheck.Table table : check.tables()) {
      Optional<SystemTable> about = system(table);
      if (about.isPresent()) {
        if (!system.contains(about.get())) system.add(about.get());
        continue;
      }
      Optional<AsOf> then =
          asOf.stream().filter(one -> List.of(one.name()).equals(table.path())).findAny();
      Topic topic =
          topic(
              then.map(one -> new StatementCheck.Table(one.path(), table.at())).orElse(table), sql);
      then.ifPresent(one -> past.put(one, topic.name()));
      Topic other = named.put(topic.name().toLowerCase(Locale.ROOT), topic);
      if (other != null && !other.name().equals(topic.name())) {
        throw new SqlException(
            Kind.INVALID,
            "topics " + topic.name() + " and " + other.name() + " differ only by case",
            0,
            0,
            "one of them at a time",
            null);
      }
    }
    for (Topic topic : named.values()) {
      Optional<ColdTier> tier = sources.tier().get();
      tables.add(
          new Table(
              tables.size(),
              TopicSnapshot.take(
                  topic,
                  sources.logs(),
                  tier,
                  sources.schemas().get(),
                  froms.getOrDefault(topic.name(), Map.of()))));
    }
    for (Table table : tables) createPlanned(table);
    past.forEach(this::createPast);
    if (check.isAboutAll()) {
      createAll(named);
      system = sources.system();
    }
    for (SystemTable table : system) createSystem(table);
  }

  /** Whether files on a local disk are read, and where; only after {@link #create}. */
  Optional<Path> directory() {
    boolean hasFiles =
        tables.stream()
            .flatMap(table -> table.snapshot.parts().stream())
            .anyMatch(part -> !part.files().isEmpty());
    if (!hasFiles) return Optional.empty();
    Optional<LocalFiles> files = sources.tier().get().flatMap(ColdTier::localFiles);
    if (files.isEmpty()) return Optional.empty();
    if (GLOB.matcher(files.get().directory().toString()).find()) {
      files.get().close();
      return Optional.empty();
    }
    localFiles = files.get();
    return Optional.of(files.get().directory());
  }

  private Optional<SystemTable> system(StatementCheck.Table table) {
    List<String> path = table.path();
    boolean isSystem = path.size() > 1 && path.get(path.size() - 2).equalsIgnoreCase(SYSTEM_SCHEMA);
    if (!isSystem) return Optional.empty();
    return sources.system().stream()
        .filter(known -> known.name().equalsIgnoreCase(table.name()))
        .findAny();
  }

  private Topic topic(StatementCheck.Table table, String sql) {
    List<String> path = table.path();
    boolean isOurs =
        (path.size() < 2 || path.get(path.size() - 2).equalsIgnoreCase(namespace))
            && (path.size() < 3 || path.getFirst().equalsIgnoreCase(CATALOG));
    if (isOurs) {
      Optional<Topic> exact = sources.topics().find(table.name());
      if (exact.isPresent()) return exact.get();
      List<Topic> alike =
          sources.topics().all().stream()
              .filter(topic -> topic.name().equalsIgnoreCase(table.name()))
              .toList();
      if (alike.size() == 1) return alike.getFirst();
    }
    int[] place = SqlFailures.place(sql, table.at());
    throw new SqlException(
        Kind.NO_TABLE,
        "there is no table " + String.join(".", path),
        place[0],
        place[1],
        hint(table.name()),
        null);
  }

  private @Nullable String hint(String name) {
    return sources.topics().all().stream()
        .map(Topic::name)
        .filter(topic -> SqlNames.areAlike(topic, name))
        .sorted()
        .limit(3)
        .map(SqlNames::quotedIfNeeded)
        .reduce((some, more) -> some + ", " + more)
        .map(names -> "did you mean " + names + "?")
        .orElse("SHOW TABLES tells which there are");
  }

  private String path(String table) {
    return CATALOG + "." + quoted(namespace) + "." + quoted(table);
  }

  private void createPlanned(Table table) {
    String function = PLAN_PREFIX + table.number;
    register(function, new Planned(table.columns, table.snapshot.records()));
    database()
        .execute("CREATE VIEW " + path(table.name()) + " AS SELECT * FROM " + function + "()");
  }

  private void createPast(AsOf asOf, String topic) {
    Table table = tables.stream().filter(one -> one.name().equals(topic)).findAny().orElseThrow();
    List<String> keys =
        table.columns.stream()
            .map(Column::name)
            .filter(name -> name.equals("kafka_key") || name.equals("kafka_key_raw"))
            .toList();
    database()
        .execute(
            "CREATE VIEW "
                + path(asOf.name())
                + " AS "
                + asOf.view(path(topic), keys, names(table)));
  }

  /** Where each partition of each topic ended. */
  Map<String, Map<Integer, Long>> ends() {
    Map<String, Map<Integer, Long>> ends = new HashMap<>();
    for (Table table : tables) ends.put(table.name(), table.snapshot.ends());
    return ends;
  }

  /** The topics that the statement names. */
  List<Topic> topics() {
    return tables.stream().map(table -> table.snapshot.topic()).toList();
  }

  private void register(String name, RowSource source) {
    var function = new TableFunction(name, source);
    functions.add(function);
    database().register(function);
  }

  /** Nothing but columns. */
  private record Planned(List<Column> columns, long rows) implements RowSource {
    @Override
    public Scan scan(int[] columns) {
      throw new IllegalStateException("a plan was run");
    }
  }

  /** For those who ask what there is: tables without rows. */
  private void createAll(Map<String, Topic> named) {
    Optional<ColdTier> tier = sources.tier().get();
    for (Topic topic : sources.topics().all()) {
      if (topic.isInternal()) continue;
      if (named.putIfAbsent(topic.name().toLowerCase(Locale.ROOT), topic) != null) continue;
      Optional<TableVersion> version =
          tier.flatMap(opened -> opened.version(topic.id(), topic.name()));
      RowShape shape =
          RowShape.of(
              topic.name(),
              TopicTiering.of(topic.settings()),
              version.map(TableVersion::columns),
              sources.schemas().get());
      String columns =
          SchemaMapping.named(shape.columns()).stream()
              .map(QueryTables::definition)
              .collect(Collectors.joining(", "));
      database().execute("CREATE TABLE " + path(topic.name()) + "(" + columns + ")");
    }
  }

  private static String definition(Column column) {
    return quoted(column.name())
        + " "
        + ColumnTypes.sql(column.type())
        + (column.isOptional() ? "" : " NOT NULL");
  }

  private void createSystem(SystemTable table) {
    String path = CATALOG + "." + SYSTEM_SCHEMA + "." + quoted(table.name());
    String columns =
        table.columns().stream()
            .map(column -> quoted(column.name()) + " " + column.type())
            .collect(Collectors.joining(", "));
    database().execute("CREATE TABLE " + path + "(" + columns + ")");
    List<SystemTable.Row> rows = table.rows().get();
    for (int from = 0; from < rows.size(); from += ROWS_PER_INSERT) {
      String values =
          rows.subList(from, Math.min(rows.size(), from + ROWS_PER_INSERT)).stream()
              .map(QueryTables::literals)
              .collect(Collectors.joining(", "));
      database().execute("INSERT INTO " + path + " VALUES " + values);
    }
  }

  private static String literals(SystemTable.Row row) {
    List<String> literals = new ArrayList<>();
    for (int i = 0; i < row.count(); i++) literals.add(literal(row.value(i)));
    return "(" + String.join(", ", literals) + ")";
  }

  private static String literal(@Nullable Object value) {
    return switch (value) {
      case null -> "NULL";
      case Number number -> number.toString();
      case Boolean flag -> flag.toString();
      case Instant time -> text(time.toString()) + "::TIMESTAMPTZ";
      default -> text(value.toString());
    };
  }

  private static String text(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /**
   * Makes the views what has to be read.
   *
   * @param reads by the tables' numbers; absent: all
   */
  void fill(Map<Integer, Predicates.Read> reads) {
    for (Table table : tables) {
      table.read = reads.getOrDefault(table.number, table.all());
      boolean isLocal =
          localFiles != null && !SchemaMapping.hasRenamedParts(table.snapshot.shape().columns());
      ScanPlan plan = ScanPlan.of(table.snapshot, table.read.wanted(), isLocal);
      table.plan = plan;
      String function = ROWS_PREFIX + table.number;
      register(
          function,
          new LogRows(
              table.snapshot.shape(),
              table.columns,
              plan.pieces(),
              table.read.wanted(),
              coldFiles,
              isStopped,
              piecesDone));
      List<String> parts = new ArrayList<>();
      if (!plan.files().isEmpty()) parts.add(ours(table, plan));
      if (parts.isEmpty() || !plan.pieces().isEmpty()) {
        parts.add("SELECT " + names(table) + " FROM " + function + "()");
      }
      database()
          .execute(
              "CREATE OR REPLACE VIEW "
                  + path(table.name())
                  + " AS "
                  + String.join(" UNION ALL ", parts));
    }
  }

  private static String names(Table table) {
    return table.columns.stream()
        .map(column -> quoted(column.name()))
        .collect(Collectors.joining(", "));
  }

  private String ours(Table table, ScanPlan plan) {
    setSchema(table);
    List<String> whole = new ArrayList<>();
    List<String> cut = new ArrayList<>();
    long wholeRecords = 0;
    long cutRecords = 0;
    for (ColdFile file : plan.files()) {
      Bounds bounds = plan.bounds().get(file.partition());
      String path = link(file.name());
      if (file.baseOffset() >= bounds.from() && file.endOffset() <= bounds.to()) {
        whole.add(path);
        wholeRecords += file.records();
      } else {
        cut.add(path);
        cutRecords += file.records();
      }
    }
    String all = whole.isEmpty() ? "" : read(table, whole, wholeRecords);
    if (cut.isEmpty()) return all;
    // A list has a place for each partition, from 1.
    String froms = numbers(plan.bounds().stream().map(Bounds::from).toList());
    String tos = numbers(plan.bounds().stream().map(Bounds::to).toList());
    String some =
        read(table, cut, cutRecords)
            + " WHERE kafka_offset >= "
            + froms
            + "[kafka_partition + 1] AND kafka_offset < "
            + tos
            + "[kafka_partition + 1]";
    return all.isEmpty() ? some : all + " UNION ALL " + some;
  }

  private static String numbers(List<Long> numbers) {
    return numbers.stream()
        .map(String::valueOf)
        .collect(Collectors.joining(", ", "[", "]::BIGINT[]"));
  }

  private String link(String object) {
    LocalFiles files = requireNonNull(localFiles, "files are read that aren't here");
    return text(files.add(object, links++ + ".parquet").toString());
  }

  /**
   * @param records in all of the files
   */
  private static String read(Table table, List<String> files, long records) {
    return "SELECT "
        + names(table)
        + " FROM read_parquet(["
        + String.join(", ", files)
        + "], schema = getvariable('"
        + SCHEMA_PREFIX
        + table.number
        + "'), explicit_cardinality = "
        + records
        + ")";
  }

  /**
   * Which of a file's columns, by their ids, are which of the table's; written once, read often.
   */
  private void setSchema(Table table) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    for (Column column : table.columns) {
      schema
          .putObject(Integer.toString(column.id()))
          .put("name", column.name())
          .put("type", ColumnTypes.sql(column.type()))
          .putNull("default_value");
    }
    database()
        .execute(
            "SET VARIABLE "
                + SCHEMA_PREFIX
                + table.number
                + " = "
                + text(schema.toString())
                + "::JSON::MAP(VARCHAR, STRUCT(name VARCHAR, type VARCHAR, default_value VARCHAR))"
                + "::MAP(INTEGER, STRUCT(name VARCHAR, type VARCHAR, default_value VARCHAR))");
  }

  /** What went wrong first while rows of ours were read; null: nothing did. */
  @Nullable Throwable failure() {
    for (TableFunction function : functions) {
      Throwable failure = function.failure();
      if (failure != null) return failure;
    }
    return null;
  }

  /** What is to be read, and what of it is done. */
  QueryStatus.Work work() {
    long files = 0;
    long pruned = 0;
    long bytes = 0;
    long hot = 0;
    long splits = 0;
    for (Table table : tables) {
      ScanPlan plan = table.plan;
      if (plan == null) continue;
      files += plan.work().files();
      pruned += plan.work().filesPruned();
      bytes += plan.work().bytes();
      hot += plan.work().hotRecords();
      splits += plan.pieces().size();
    }
    return new QueryStatus.Work(files, pruned, bytes, hot, splits, piecesDone.sum());
  }

  /** All columns of a table, by its number. */
  List<Column> columns(int table) {
    return tables.get(table).columns;
  }

  /** What of each table is read, in words. */
  List<String> explained() {
    List<String> lines = new ArrayList<>();
    for (Table table : tables) {
      ScanPlan plan = table.plan;
      if (plan == null) continue;
      lines.add(
          Explanation.of(
              table.name(),
              table.columns,
              table.read,
              plan,
              looked(table, plan),
              coldFiles.traffic()));
    }
    return lines;
  }

  /** Looks at the ends of the files that are left. */
  private Explanation.Looked looked(Table table, ScanPlan plan) {
    List<Piece.Cold> pieces = new ArrayList<>();
    for (ColdFile file : plan.files()) {
      pieces.add(new Piece.Cold(file.partition(), plan.bounds().get(file.partition()), file));
    }
    for (Piece piece : plan.pieces()) {
      boolean isParquet =
          piece instanceof Piece.Cold cold && cold.file().format() == ColdFormat.PARQUET;
      if (isParquet) pieces.add((Piece.Cold) piece);
    }
    var tree = new ColumnTree(table.snapshot.shape().columns());
    List<ColumnNode> wanted = new ArrayList<>();
    for (int i = 0; i < table.columns.size(); i++) {
      if (table.read.columns().contains(table.columns.get(i).name())) {
        wanted.add(tree.top().get(i));
      }
    }
    int count = Math.min(pieces.size(), EXPLAINED_FILES_MAX);
    ColumnScan.Work work =
        coldFiles.work(pieces.subList(0, count), tree, wanted, table.read.wanted());
    return new Explanation.Looked(work, count, pieces.size() - count, !plan.files().isEmpty());
  }

  @Override
  public void close() {
    tables.forEach(table -> table.snapshot.close());
    LocalFiles files = localFiles;
    if (files != null) files.close();
  }
}
