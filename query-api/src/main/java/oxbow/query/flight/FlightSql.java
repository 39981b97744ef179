package oxbow.query.flight;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.apache.arrow.flight.Action;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.CancelFlightInfoRequest;
import org.apache.arrow.flight.CancelStatus;
import org.apache.arrow.flight.CloseSessionRequest;
import org.apache.arrow.flight.CloseSessionResult;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.Result;
import org.apache.arrow.flight.SchemaResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.flight.sql.BasicFlightSqlProducer;
import org.apache.arrow.flight.sql.CancelResult;
import org.apache.arrow.flight.sql.SqlInfoBuilder;
import org.apache.arrow.flight.sql.impl.FlightSql.ActionClosePreparedStatementRequest;
import org.apache.arrow.flight.sql.impl.FlightSql.ActionCreatePreparedStatementRequest;
import org.apache.arrow.flight.sql.impl.FlightSql.ActionCreatePreparedStatementResult;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetCrossReference;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetDbSchemas;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetExportedKeys;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetImportedKeys;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetPrimaryKeys;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetSqlInfo;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetTables;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetXdbcTypeInfo;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandPreparedStatementQuery;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandPreparedStatementUpdate;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandStatementQuery;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandStatementUpdate;
import org.apache.arrow.flight.sql.impl.FlightSql.SqlNullOrdering;
import org.apache.arrow.flight.sql.impl.FlightSql.SqlSupportedCaseSensitivity;
import org.apache.arrow.flight.sql.impl.FlightSql.SqlSupportedTransaction;
import org.apache.arrow.flight.sql.impl.FlightSql.SupportedSqlGrammar;
import org.apache.arrow.flight.sql.impl.FlightSql.TicketStatementQuery;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlRequest;

/**
 * What drivers ask for. A statement's ticket holds the statement itself, behind an id by which it
 * can be stopped; only prepared statements are kept. Thread-safe.
 */
final class FlightSql extends BasicFlightSqlProducer {
  private static final String READ_ONLY =
      "topics are read-only in SQL: rows come by producing records";

  private final SqlEngine engine;
  private final BufferAllocator allocator;
  private final Executor threads;
  private final SqlInfoBuilder info;
  private final Prepared prepared = new Prepared();

  FlightSql(SqlEngine engine, BufferAllocator allocator, Executor threads, String version) {
    this.engine = engine;
    this.allocator = allocator;
    this.threads = threads;
    this.info =
        new SqlInfoBuilder()
            .withFlightSqlServerName("Oxbow")
            .withFlightSqlServerVersion(version)
            .withFlightSqlServerArrowVersion("18.3.0")
            .withFlightSqlServerReadOnly(true)
            .withFlightSqlServerSql(true)
            .withFlightSqlServerSubstrait(false)
            .withFlightSqlServerTransaction(SqlSupportedTransaction.SQL_SUPPORTED_TRANSACTION_NONE)
            .withFlightSqlServerCancel(true)
            .withFlightSqlServerBulkIngestion(false)
            .withSqlIdentifierQuoteChar("\"")
            .withSqlSearchStringEscape("\\")
            .withSqlCatalogTerm("catalog")
            .withSqlSchemaTerm("schema")
            .withSqlCatalogAtStart(true)
            .withSqlDdlCatalog(false)
            .withSqlDdlSchema(false)
            .withSqlDdlTable(false)
            .withSqlIdentifierCase(
                SqlSupportedCaseSensitivity.SQL_CASE_SENSITIVITY_CASE_INSENSITIVE)
            .withSqlQuotedIdentifierCase(
                SqlSupportedCaseSensitivity.SQL_CASE_SENSITIVITY_CASE_INSENSITIVE)
            .withSqlAllTablesAreSelectable(true)
            .withSqlNullOrdering(SqlNullOrdering.SQL_NULLS_SORTED_AT_END)
            .withSqlSupportedGrammar(
                SupportedSqlGrammar.SQL_MINIMUM_GRAMMAR, SupportedSqlGrammar.SQL_CORE_GRAMMAR)
            .withSqlCorrelatedSubqueriesSupported(true)
            .withSqlTransactionsSupported(false)
            .withSqlSupportsColumnAliasing(true)
            .withSqlSupportsTableCorrelationNames(true)
            .withSqlSupportsExpressionsInOrderBy(true)
            .withSqlSupportsOrderByUnrelated(true)
            .withSqlSupportsLikeEscapeClause(true);
  }

  // ---- statements

  /** A statement under way: {@code id NUL statement}. */
  private static ByteString handle(String id, String sql) {
    return ByteString.copyFromUtf8(id + '\0' + sql);
  }

  @Override
  public FlightInfo getFlightInfoStatement(
      CommandStatementQuery command, CallContext context, FlightDescriptor descriptor) {
    Schema schema = describe(command.getQuery()).schema();
    Message ticket =
        TicketStatementQuery.newBuilder()
            .setStatementHandle(handle(UUID.randomUUID().toString(), command.getQuery()))
            .build();
    return info(schema, descriptor, ticket);
  }

  @Override
  public SchemaResult getSchemaStatement(
      CommandStatementQuery command, CallContext context, FlightDescriptor descriptor) {
    return new SchemaResult(describe(command.getQuery()).schema());
  }

  @Override
  public void getStreamStatement(
      TicketStatementQuery ticket, CallContext context, ServerStreamListener listener) {
    String handle = ticket.getStatementHandle().toStringUtf8();
    int end = handle.indexOf('\0');
    if (end < 0) {
      listener.error(bad("this is no ticket of this server"));
      return;
    }
    stream(request(handle.substring(end + 1), handle.substring(0, end), List.of()), listener);
  }

  private static SqlRequest request(String sql, String id, List<@Nullable Object> parameters) {
    return new SqlRequest(
        sql, parameters, Optional.of(id), Optional.empty(), OptionalLong.empty(), ZoneOffset.UTC);
  }

  private void stream(SqlRequest request, ServerStreamListener listener) {
    // What the client tells meanwhile comes on the thread that called.
    threads.execute(new RowStream(engine, request, allocator, listener));
  }

  private SqlEngine.Description describe(String sql) {
    try {
      return engine.describe(sql);
    } catch (RuntimeException e) {
      throw FlightFailures.of(e);
    }
  }

  private static FlightInfo info(Schema schema, FlightDescriptor descriptor, Message ticket) {
    // Without a location: the rows are where this was asked.
    var endpoint = new FlightEndpoint(new Ticket(Any.pack(ticket).toByteArray()));
    return new FlightInfo(schema, descriptor, List.of(endpoint), -1, -1);
  }

  // ---- prepared statements

  @Override
  public void createPreparedStatement(
      ActionCreatePreparedStatementRequest request,
      CallContext context,
      StreamListener<Result> listener) {
    threads.execute(() -> {
      try {
        SqlEngine.Description known = engine.describe(request.getQuery());
        String handle = prepared.add(request.getQuery());
        var result =
            ActionCreatePreparedStatementResult.newBuilder()
                .setPreparedStatementHandle(ByteString.copyFromUtf8(handle))
                .setDatasetSchema(serialized(known.schema()))
                .setParameterSchema(serialized(known.parameterTypes()))
                .build();
        listener.onNext(new Result(Any.pack(result).toByteArray()));
        listener.onCompleted();
      } catch (RuntimeException e) {
        listener.onError(FlightFailures.of(e));
      }
    });
  }

  private static ByteString serialized(Schema schema) {
    try (ByteString.Output out = ByteString.newOutput()) {
      long _ = MessageSerializer.serialize(new WriteChannel(Channels.newChannel(out)), schema);
      return out.toByteString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void closePreparedStatement(
      ActionClosePreparedStatementRequest request,
      CallContext context,
      StreamListener<Result> listener) {
    prepared.remove(request.getPreparedStatementHandle().toStringUtf8());
    listener.onCompleted();
  }

  @Override
  public Runnable acceptPutPreparedStatementQuery(
      CommandPreparedStatementQuery command,
      CallContext context,
      FlightStream stream,
      StreamListener<PutResult> listener) {
    return () -> {
      try {
        String handle = command.getPreparedStatementHandle().toStringUtf8();
        List<@Nullable Object> values = Parameters.read(stream);
        prepared.bind(handle, values);
        listener.onCompleted();
      } catch (RuntimeException e) {
        listener.onError(FlightFailures.of(e));
      }
    };
  }

  @Override
  public FlightInfo getFlightInfoPreparedStatement(
      CommandPreparedStatementQuery command, CallContext context, FlightDescriptor descriptor) {
    Prepared.Statement known = prepared.find(command.getPreparedStatementHandle().toStringUtf8());
    return info(describe(known.sql()).schema(), descriptor, command);
  }

  @Override
  public SchemaResult getSchemaPreparedStatement(
      CommandPreparedStatementQuery command, CallContext context, FlightDescriptor descriptor) {
    Prepared.Statement known = prepared.find(command.getPreparedStatementHandle().toStringUtf8());
    return new SchemaResult(describe(known.sql()).schema());
  }

  @Override
  public void getStreamPreparedStatement(
      CommandPreparedStatementQuery command, CallContext context, ServerStreamListener listener) {
    String handle = command.getPreparedStatementHandle().toStringUtf8();
    Prepared.Statement known;
    try {
      known = prepared.find(handle);
    } catch (RuntimeException e) {
      listener.error(e);
      return;
    }
    // Its handle is an id already; one that is run twice at a time needs two.
    String id = engine.find(handle).isPresent() ? UUID.randomUUID().toString() : handle;
    stream(request(known.sql(), id, known.values()), listener);
  }

  // ---- what isn't there

  @Override
  public Runnable acceptPutStatement(
      CommandStatementUpdate command,
      CallContext context,
      FlightStream stream,
      StreamListener<PutResult> listener) {
    return () -> listener.onError(readOnly());
  }

  @Override
  public Runnable acceptPutPreparedStatementUpdate(
      CommandPreparedStatementUpdate command,
      CallContext context,
      FlightStream stream,
      StreamListener<PutResult> listener) {
    return () -> listener.onError(readOnly());
  }

  private static RuntimeException readOnly() {
    return CallStatus.UNAUTHORIZED.withDescription(READ_ONLY).toRuntimeException();
  }

  private static RuntimeException bad(String why) {
    return CallStatus.INVALID_ARGUMENT.withDescription(why).toRuntimeException();
  }

  // ---- stopping

  @Override
  public void cancelFlightInfo(
      CancelFlightInfoRequest request, CallContext context, StreamListener<CancelStatus> listener) {
    listener.onNext(
        cancel(request.getInfo()) ? CancelStatus.CANCELLED : CancelStatus.NOT_CANCELLABLE);
    listener.onCompleted();
  }

  @Override
  @SuppressWarnings("deprecation") // older drivers know no other way
  public void cancelQuery(
      FlightInfo info, CallContext context, StreamListener<CancelResult> listener) {
    listener.onNext(cancel(info) ? CancelResult.CANCELLED : CancelResult.NOT_CANCELLABLE);
    listener.onCompleted();
  }

  private boolean cancel(FlightInfo info) {
    boolean isAny = false;
    for (FlightEndpoint endpoint : info.getEndpoints()) {
      try {
        Any ticket = Any.parseFrom(endpoint.getTicket().getBytes());
        String id = "";
        if (ticket.is(TicketStatementQuery.class)) {
          String handle =
              ticket.unpack(TicketStatementQuery.class).getStatementHandle().toStringUtf8();
          id = handle.substring(0, Math.max(0, handle.indexOf('\0')));
        } else if (ticket.is(CommandPreparedStatementQuery.class)) {
          id =
              ticket
                  .unpack(CommandPreparedStatementQuery.class)
                  .getPreparedStatementHandle()
                  .toStringUtf8();
        }
        isAny |= engine.cancel(id);
      } catch (InvalidProtocolBufferException e) {
        throw bad("this is no ticket of this server");
      }
    }
    return isAny;
  }

  @Override
  public void closeSession(
      CloseSessionRequest request,
      CallContext context,
      StreamListener<CloseSessionResult> listener) {
    listener.onNext(new CloseSessionResult(CloseSessionResult.Status.CLOSED));
    listener.onCompleted();
  }

  @Override
  public void doAction(CallContext context, Action action, StreamListener<Result> listener) {
    try {
      super.doAction(context, action, listener);
    } catch (RuntimeException e) {
      listener.onError(FlightFailures.of(e));
    }
  }

  // ---- what there is

  @Override
  protected <T extends Message> List<FlightEndpoint> determineEndpoints(
      T request, FlightDescriptor descriptor, Schema schema) {
    return List.of(new FlightEndpoint(new Ticket(Any.pack(request).toByteArray())));
  }

  @Override
  public void getStreamSqlInfo(
      CommandGetSqlInfo command, CallContext context, ServerStreamListener listener) {
    info.send(command.getInfoList(), listener);
  }

  @Override
  public void getStreamTypeInfo(
      CommandGetXdbcTypeInfo command, CallContext context, ServerStreamListener listener) {
    threads.execute(() -> TypeInfo.send(command, allocator, listener));
  }

  @Override
  public void getStreamCatalogs(CallContext context, ServerStreamListener listener) {
    tell(
        "SELECT DISTINCT catalog_name FROM information_schema.schemata ORDER BY 1",
        List.of(),
        Schemas.GET_CATALOGS_SCHEMA,
        listener);
  }

  @Override
  public void getStreamSchemas(
      CommandGetDbSchemas command, CallContext context, ServerStreamListener listener) {
    var where = new Conditions();
    if (command.hasCatalog()) where.add("catalog_name = ?", command.getCatalog());
    if (command.hasDbSchemaFilterPattern()) {
      where.add("schema_name LIKE ? ESCAPE '\\'", command.getDbSchemaFilterPattern());
    }
    tell(
        "SELECT DISTINCT catalog_name, schema_name AS db_schema_name FROM"
            + " information_schema.schemata"
            + where
            + " ORDER BY 1, 2",
        where.values,
        Schemas.GET_SCHEMAS_SCHEMA,
        listener);
  }

  @Override
  public void getStreamTables(
      CommandGetTables command, CallContext context, ServerStreamListener listener) {
    var where = new Conditions();
    if (command.hasCatalog()) where.add("table_catalog = ?", command.getCatalog());
    if (command.hasDbSchemaFilterPattern()) {
      where.add("table_schema LIKE ? ESCAPE '\\'", command.getDbSchemaFilterPattern());
    }
    if (command.hasTableNameFilterPattern()) {
      where.add("table_name LIKE ? ESCAPE '\\'", command.getTableNameFilterPattern());
    }
    if (command.getTableTypesCount() > 0) {
      where.add(
          command.getTableTypesList().stream()
              .map(_ -> TABLE_TYPE + " = ?")
              .collect(Collectors.joining(" OR ", "(", ")")),
          command.getTableTypesList().toArray());
    }
    String sql =
        "SELECT table_catalog AS catalog_name, table_schema AS db_schema_name, table_name, "
            + TABLE_TYPE
            + " AS table_type FROM information_schema.tables"
            + where
            + " ORDER BY 4, 1, 2, 3";
    if (command.getIncludeSchema()) {
      threads.execute(() -> new TableSchemas(engine, allocator).send(sql, where.values, listener));
    } else {
      tell(sql, where.values, Schemas.GET_TABLES_SCHEMA_NO_SCHEMA, listener);
    }
  }

  /** As JDBC calls what the standard calls otherwise. */
  private static final String TABLE_TYPE =
      "CASE WHEN table_schema = 'information_schema' THEN 'SYSTEM TABLE'"
          + " WHEN table_type = 'VIEW' THEN 'VIEW' ELSE 'TABLE' END";

  @Override
  public void getStreamTableTypes(CallContext context, ServerStreamListener listener) {
    tell(
        "SELECT unnest(['SYSTEM TABLE', 'TABLE', 'VIEW']) AS table_type",
        List.of(),
        Schemas.GET_TABLE_TYPES_SCHEMA,
        listener);
  }

  @Override
  public void getStreamPrimaryKeys(
      CommandGetPrimaryKeys command, CallContext context, ServerStreamListener listener) {
    empty(Schemas.GET_PRIMARY_KEYS_SCHEMA, listener);
  }

  @Override
  public void getStreamExportedKeys(
      CommandGetExportedKeys command, CallContext context, ServerStreamListener listener) {
    empty(Schemas.GET_EXPORTED_KEYS_SCHEMA, listener);
  }

  @Override
  public void getStreamImportedKeys(
      CommandGetImportedKeys command, CallContext context, ServerStreamListener listener) {
    empty(Schemas.GET_IMPORTED_KEYS_SCHEMA, listener);
  }

  @Override
  public void getStreamCrossReference(
      CommandGetCrossReference command, CallContext context, ServerStreamListener listener) {
    empty(Schemas.GET_CROSS_REFERENCE_SCHEMA, listener);
  }

  private void empty(Schema schema, ServerStreamListener listener) {
    try (VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator)) {
      listener.start(root);
      listener.completed();
    }
  }

  /** Rows of the catalog, under the names and types that drivers expect. */
  private void tell(
      String sql, List<@Nullable Object> values, Schema schema, ServerStreamListener listener) {
    SqlRequest request = request(sql, UUID.randomUUID().toString(), values);
    threads.execute(new RowStream(engine, request, allocator, listener, schema));
  }

  /** What a question about the catalog asks for. */
  private static final class Conditions {
    private final List<String> conditions = new ArrayList<>();
    private final List<@Nullable Object> values = new ArrayList<>();

    void add(String condition, Object... wanted) {
      conditions.add(condition);
      for (Object value : wanted) values.add(value);
    }

    @Override
    public String toString() {
      return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }
  }

  @Override
  public void close() {}
}
