package oxbow.query.replay.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import oxbow.log.ReadLimit;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.produce.NewRecord;
import oxbow.query.produce.Outcome;
import oxbow.query.produce.ProduceBody;
import oxbow.query.produce.Producing;
import oxbow.query.replay.Cursor;
import oxbow.query.replay.Decoding;
import oxbow.query.replay.Pace;
import oxbow.query.replay.Position;
import oxbow.query.replay.Ranges;
import oxbow.query.replay.RecordFilter;
import oxbow.query.replay.ReplayRequest;
import oxbow.query.replay.ReplayRequest.Order;
import oxbow.query.replay.Side.Decode;
import oxbow.query.replay.SqlRecordFilter;
import oxbow.query.replay.Waiting;
import oxbow.query.sql.SqlEngine;
import oxbow.schema.Schemas;

/**
 * Topics over HTTP.
 *
 * <pre>
 *   GET  /api/v1/topics/{topic}/offsets?at=  a position's offsets, and its cursor
 *   GET  /api/v1/topics/{topic}/records      replay
 *   POST /api/v1/topics/{topic}/records      produce
 *   POST /api/v1/topics/{topic}/replay       a job
 * </pre>
 */
public final class TopicsService implements HttpServiceWithRoutes, AutoCloseable {
  private static final String PATH = "/api/v1/topics";
  private static final int PAGE_RECORDS = 500;
  private static final int PAGE_RECORDS_MAX = 10_000;
  private static final long PAGE_BYTES = 1 << 20;
  private static final long PAGE_BYTES_MAX = 8 << 20;
  private static final int PRODUCED_MAX = 100_000;

  private static final Set<String> REPLAY_PARAMETERS =
      new java.util.LinkedHashSet<>(
          List.of(
              "from",
              "to",
              "partition",
              "key",
              "key.base64",
              "filter",
              "columns",
              "limit",
              "max_bytes",
              "follow",
              "order",
              "isolation",
              "speed",
              "format",
              "decode",
              "decode.key",
              "decode.value",
              "schema",
              "schema.key",
              "longs"));

  /** Makes a job of a request's body, and answers it. */
  @FunctionalInterface
  public interface JobCreation {
    HttpResponse create(String topic, byte[] body, Waiting waiting);
  }

  /** Rows have their table's types, and no bytes that could be seen in another way. */
  private static final List<String> NOT_OF_ROWS =
      List.of("max_bytes", "decode", "decode.key", "decode.value", "schema", "schema.key");

  private final Topics topics;
  private final JobCreation jobs;
  private final Supplier<Optional<Schemas>> schemas;
  private final Optional<SqlEngine> engine;
  private final HttpBounds bounds;
  private final InstantSource clock;
  private final Producing producing;
  private final Semaphore places;
  private final ReplayStats stats = new ReplayStats();
  private final Set<Waiting> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("query-", 0).factory());

  /**
   * @param schemas asked with each request; gives none while there is no registry
   */
  public TopicsService(
      Topics topics,
      Supplier<Optional<Schemas>> schemas,
      JobCreation jobs,
      HttpBounds bounds,
      InstantSource clock) {
    this(topics, schemas, jobs, Optional.empty(), bounds, clock);
  }

  /**
   * @param schemas asked with each request; gives none while there is no registry
   * @param engine for what is asked in SQL; stays open
   */
  public TopicsService(
      Topics topics,
      Supplier<Optional<Schemas>> schemas,
      JobCreation jobs,
      Optional<SqlEngine> engine,
      HttpBounds bounds,
      InstantSource clock) {
    this.topics = topics;
    this.jobs = jobs;
    this.schemas = schemas;
    this.engine = engine;
    this.bounds = bounds;
    this.clock = clock;
    this.producing = new Producing(topics, clock);
    this.places = new Semaphore(bounds.replaysMax());
  }

  @Override
  public Set<Route> routes() {
    return Set.of(Route.builder().pathPrefix(PATH + "/").build());
  }

  @Override
  public ServiceOptions options() {
    return ServiceOptions.builder().maxRequestLength(bounds.bodyBytesMax()).build();
  }

  public ReplayStats stats() {
    return stats;
  }

  /** Replays and other requests under way. */
  public int underWay() {
    return underWay.size();
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    try {
      return route(ctx, request);
    } catch (RuntimeException e) {
      return Json.refusal(Failures.of(e));
    }
  }

  private HttpResponse route(ServiceRequestContext ctx, HttpRequest request) {
    String rest = ctx.decodedPath().substring(PATH.length());
    List<String> path =
        rest.isEmpty() || rest.equals("/") ? List.of() : List.of(rest.substring(1).split("/", -1));
    boolean isGet = request.method() == HttpMethod.GET;
    String name = path.isEmpty() ? "" : path.getFirst();
    String what = path.size() == 2 ? path.get(1) : "?";
    return switch (what) {
      case "offsets" -> {
        requireMethod(isGet, "GET");
        var parameters = new Parameters(ctx.queryParams(), Set.of("at", "partition", "isolation"));
        yield answer(waiting -> offsets(topic(name), parameters, waiting));
      }
      case "records" -> {
        if (request.method() == HttpMethod.POST) yield produce(ctx, request, name);
        requireMethod(isGet, "GET or POST");
        yield replay(ctx, request, topic(name));
      }
      case "replay" -> {
        requireMethod(request.method() == HttpMethod.POST, "POST");
        var _ = new Parameters(ctx.queryParams(), Set.of());
        yield afterBody(request, (body, waiting) -> jobs.create(name, body, waiting));
      }
      default ->
          throw new QueryException(
              Kind.NO_PATH,
              "there is nothing at this path; a topic has /records, /offsets and /replay");
    };
  }

  private static void requireMethod(boolean isAllowed, String allowed) {
    if (!isAllowed) throw new QueryException(Kind.NO_METHOD, "this path takes " + allowed);
  }

  private Topic topic(String name) {
    return topics
        .find(name)
        .orElseThrow(() -> new QueryException(Kind.NO_TOPIC, "there is no topic " + name));
  }

  // ---- answers in one piece

  private interface Work {
    Object answer(Waiting waiting);
  }

  private HttpResponse answer(Work work) {
    var waiting = begin();
    var answer = new CompletableFuture<HttpResponse>();
    HttpResponse response = HttpResponse.of(answer);
    var _ = response.whenComplete().handle((_, _) -> end(waiting));
    threads.execute(() -> {
      try {
        answer.complete(Json.answer(HttpStatus.OK, work.answer(waiting)));
      } catch (Waiting.StoppedException _) {
        answer.complete(stopped());
      } catch (RuntimeException e) {
        answer.complete(Json.refusal(Failures.of(e)));
      }
    });
    return response;
  }

  private Waiting begin() {
    var waiting = new Waiting();
    underWay.add(waiting);
    if (isClosed) {
      underWay.remove(waiting);
      throw new QueryException(Kind.UNAVAILABLE, "the server stops");
    }
    return waiting;
  }

  private @Nullable Void end(Waiting waiting) {
    waiting.stop();
    underWay.remove(waiting);
    return null;
  }

  private Map<String, Object> offsets(Topic topic, Parameters parameters, Waiting waiting) {
    Position at = Position.parse("at", parameters.text("at").orElse("latest"), clock.instant());
    ReadLimit limit = parameters.isolation();
    List<Integer> partitions = parameters.partitions(topic, ofCursor(at));
    var next = new TreeMap<Integer, Long>();
    List<Object> found = new ArrayList<>();
    for (Ranges.Found each : new Ranges(topics, waiting, limit).find(topic, partitions, at)) {
      next.put(each.partition(), each.offset());
      Map<String, Object> partition =
          Json.map("partition", each.partition(), "offset", each.offset());
      each.timestampMs().ifPresent(time -> partition.put("timestamp", time));
      found.add(partition);
    }
    return Json.map(
        "topic", topic.name(),
        "partitions", found,
        "cursor", new Cursor(topic.id(), next).text());
  }

  private static Optional<List<Integer>> ofCursor(Position position) {
    return position instanceof Position.At(Cursor cursor)
        ? Optional.of(Parameters.sorted(cursor.next().keySet()))
        : Optional.empty();
  }

  // ---- replay

  private HttpResponse replay(ServiceRequestContext ctx, HttpRequest request, Topic topic) {
    var parameters = new Parameters(ctx.queryParams(), REPLAY_PARAMETERS);
    Format format =
        Format.of(parameters.text("format"), request.headers().getAll(HttpHeaderNames.ACCEPT));
    @Nullable String lastEvent =
        format == Format.EVENTS ? request.headers().get("last-event-id") : null;
    boolean isResumed = lastEvent != null && !lastEvent.isEmpty();
    Position from =
        isResumed && lastEvent != null
            ? new Position.At(Cursor.parse(lastEvent))
            : Position.parse("from", parameters.text("from").orElse("earliest"), clock.instant());
    Optional<Position> to =
        parameters.text("to").map(text -> Position.parse("to", text, clock.instant()));
    boolean isFollowing = parameters.flag("follow", format == Format.EVENTS && to.isEmpty());
    if (isFollowing && format.isPage) {
      throw new QueryException(
          Kind.BAD_PARAMETER, "a page doesn't follow; ask for NDJSON, CSV or events");
    }
    boolean isRows = format == Format.ARROW || parameters.text("columns").isPresent();
    Optional<Pace> pace = parameters.speed().map(Pace::new);
    // The pace of several partitions is that of their records together.
    Order usual = pace.isPresent() && !isRows ? Order.TIME : Order.PARTITION;
    var wanted =
        new ReplayRequest(
            topic,
            parameters.partitions(topic, ofCursor(from)),
            from,
            to,
            isFollowing,
            parameters.key(),
            isRows ? Optional.empty() : filter(parameters, topic),
            format.isPage
                ? parameters.number("limit", PAGE_RECORDS, PAGE_RECORDS_MAX)
                : parameters.number("limit", Long.MAX_VALUE, Long.MAX_VALUE),
            format.isPage
                ? parameters.number("max_bytes", PAGE_BYTES, PAGE_BYTES_MAX)
                : parameters.number("max_bytes", Long.MAX_VALUE, Long.MAX_VALUE),
            parameters.order(usual),
            parameters.isolation());
    boolean isSql = isRows || parameters.text("filter").isPresent();
    if (isSql && wanted.isolation() != ReadLimit.LAST_STABLE) {
      throw new QueryException(
          Kind.BAD_PARAMETER, "filter and columns see what is committed, and nothing else");
    }
    if (pace.isPresent() && format.isPage) {
      throw new QueryException(Kind.BAD_PARAMETER, "a page has no speed");
    }
    if (isRows) return beginRows(ctx, wanted, format, parameters, pace, isResumed);
    Decode otherwise = format == Format.PROXY_BINARY ? Decode.BASE64 : Decode.AUTO;
    var decoding =
        new Decoding(
            schemas.get(),
            topic,
            parameters.side(true, otherwise),
            parameters.side(false, otherwise),
            parameters.isLongAsText());
    return begin(ctx, wanted, format, decoding, pace, isResumed);
  }

  private HttpResponse begin(
      ServiceRequestContext ctx,
      ReplayRequest wanted,
      Format format,
      Decoding decoding,
      Optional<Pace> pace,
      boolean isResumed) {
    var text = new RecordText(format, wanted.topic().name(), decoding);
    return stream(
        ctx,
        format.isPage,
        wanted.isFollowing(),
        (writer, waiting) ->
            new ReplayAnswer(
                topics,
                wanted,
                format,
                text,
                pace,
                isResumed,
                ctx.sessionProtocol().isMultiplex(),
                bounds,
                writer,
                waiting,
                stats));
  }

  private SqlEngine engine() {
    return engine.orElseThrow(() ->
        new QueryException(
            Kind.BAD_PARAMETER, "filter, columns and Arrow are SQL's, and this server has none"));
  }

  private Optional<RecordFilter> filter(Parameters parameters, Topic topic) {
    return parameters
        .text("filter")
        .map(predicate -> new SqlRecordFilter(engine(), topic.name(), predicate));
  }

  /** Records as rows of their table: what bytes and decoding are for has no place there. */
  private HttpResponse beginRows(
      ServiceRequestContext ctx,
      ReplayRequest wanted,
      Format format,
      Parameters parameters,
      Optional<Pace> pace,
      boolean isResumed) {
    for (String other : NOT_OF_ROWS) {
      if (parameters.text(other).isPresent()) {
        throw new QueryException(
            Kind.BAD_PARAMETER,
            "columns and Arrow are rows of SQL: " + other + " doesn't go with them");
      }
    }
    if (format == Format.PROXY_JSON || format == Format.PROXY_BINARY) {
      throw new QueryException(
          Kind.BAD_PARAMETER, "columns come as NDJSON, JSON, events, CSV or Arrow");
    }
    if (format == Format.ARROW && pace.isPresent()) {
      throw new QueryException(
          Kind.BAD_PARAMETER, "Arrow has many rows in a message, and so no speed");
    }
    if (wanted.order() == Order.TIME) {
      throw new QueryException(
          Kind.BAD_PARAMETER,
          "rows come partition by partition; for an order by time there is /api/v1/sql");
    }
    if (pace.isPresent() && wanted.partitions().size() > 1) {
      throw new QueryException(
          Kind.BAD_PARAMETER,
          "rows come partition by partition, and speed goes with one of them: choose it with"
              + " partition=");
    }
    SqlEngine rows = engine();
    boolean isLongAsText = parameters.isLongAsText();
    return stream(
        ctx,
        format.isPage,
        wanted.isFollowing(),
        (writer, waiting) ->
            new RowsAnswer(
                topics,
                rows,
                wanted,
                parameters.text("filter"),
                parameters.text("columns"),
                format,
                isLongAsText,
                pace,
                isResumed,
                bounds,
                writer,
                waiting,
                stats));
  }

  private interface Answering {
    Answer answer(HttpResponseWriter writer, Waiting waiting);
  }

  /** Runs an answer on a thread of its own, if there is a place for it. */
  private HttpResponse stream(
      ServiceRequestContext ctx, boolean isPage, boolean isFollowing, Answering answering) {
    if (!places.tryAcquire()) {
      throw new QueryException(
          Kind.BUSY,
          "there are " + bounds.replaysMax() + " replays under way, and no more at a time");
    }
    Waiting waiting;
    try {
      waiting = begin();
    } catch (QueryException e) {
      places.release();
      throw e;
    }
    if (!isPage) ctx.clearRequestTimeout();
    HttpResponseWriter writer = HttpResponse.streaming();
    var _ = writer.whenComplete().handle((_, _) -> end(waiting));
    Answer answer = answering.answer(writer, waiting);
    threads.execute(() -> {
      long begunNanos = System.nanoTime();
      stats.begin(isFollowing);
      boolean isWhole = false;
      try {
        isWhole = answer.write();
      } finally {
        stats.end(isFollowing, System.nanoTime() - begunNanos);
        places.release();
        // Only now: whoever has seen the end may come again at once.
        if (isWhole) writer.close();
        else writer.abort();
      }
    });
    return writer;
  }

  // ---- produce

  private HttpResponse produce(ServiceRequestContext ctx, HttpRequest request, String name) {
    var parameters =
        new Parameters(ctx.queryParams(), Set.of("encode", "encode.key", "encode.value"));
    @Nullable MediaType type = request.contentType();
    boolean isProxys = type != null && type.subtype().startsWith("vnd.kafka.");
    Encoding key = encoding(parameters, type, true);
    Encoding value = encoding(parameters, type, false);
    return afterBody(
        request, (body, waiting) -> produced(body, name, key, value, isProxys, waiting));
  }

  private interface BodyWork {
    HttpResponse answer(byte[] body, Waiting waiting);
  }

  private HttpResponse afterBody(HttpRequest request, BodyWork work) {
    var answer = new CompletableFuture<HttpResponse>();
    var waiting = begin();
    HttpResponse response = HttpResponse.of(answer);
    var _ = response.whenComplete().handle((_, _) -> end(waiting));
    var _ =
        request
            .aggregate()
            .whenCompleteAsync(
                (whole, failure) -> {
                  try {
                    answer.complete(work.answer(received(whole, failure), waiting));
                  } catch (Waiting.StoppedException _) {
                    answer.complete(stopped());
                  } catch (RuntimeException e) {
                    answer.complete(Json.refusal(Failures.of(e)));
                  }
                },
                threads)
            .exceptionally(failure -> {
              answer.complete(Json.refusal(Failures.of(failure))); // no thread takes it any more
              return null;
            });
    return response;
  }

  /** The client is gone, or the server goes. */
  private static HttpResponse stopped() {
    return Json.refusal(new QueryException(Kind.UNAVAILABLE, "the server stops"));
  }

  private byte[] received(@Nullable AggregatedHttpRequest whole, @Nullable Throwable failure) {
    if (whole != null) return whole.content().array();
    throw failure instanceof ContentTooLargeException
        ? new QueryException(
            Kind.TOO_LARGE,
            "the body is larger than " + bounds.bodyBytesMax() + " bytes (http.request.max.bytes)")
        : new QueryException(Kind.BAD_BODY, "the body did not arrive as a whole");
  }

  private enum Encoding {
    AUTO,
    PLAIN,
    JSON,
    BASE64
  }

  private static Encoding encoding(Parameters parameters, @Nullable MediaType type, boolean isKey) {
    String own = isKey ? "encode.key" : "encode.value";
    String given = parameters.text(own).or(() -> parameters.text("encode")).orElse("");
    return switch (given) {
      case "" -> {
        String subtype = type == null ? "" : type.subtype();
        yield switch (subtype) {
          case "vnd.kafka.binary.v2+json" -> Encoding.BASE64;
          case "vnd.kafka.json.v2+json" -> Encoding.JSON;
          // curl names this one where nobody names any.
          case "", "json", "x-ndjson", "ndjson", "x-www-form-urlencoded", "octet-stream" ->
              Encoding.AUTO;
          default ->
              throw new QueryException(
                  Kind.UNSUPPORTED_TYPE,
                  "records come as application/json, application/x-ndjson,"
                      + " application/vnd.kafka.json.v2+json or"
                      + " application/vnd.kafka.binary.v2+json, not as "
                      + type);
        };
      }
      case "auto" -> Encoding.AUTO;
      case "string" -> Encoding.PLAIN;
      case "json" -> Encoding.JSON;
      case "base64" -> Encoding.BASE64;
      case String other -> throw Parameters.bad(own, other, "auto, json, string or base64");
    };
  }

  private HttpResponse produced(
      byte[] body, String name, Encoding key, Encoding value, boolean isProxys, Waiting waiting) {
    Optional<Topic> known = topics.find(name);
    Topic topic = known.isPresent() ? known.get() : waiting.await(topics.create(name));
    if (topic.isInternal()) {
      throw new QueryException(
          Kind.FORBIDDEN, name + " is written by the broker itself and by nobody else");
    }
    List<NewRecord> records =
        new ProduceBody(side(topic, key, true), side(topic, value, false), PRODUCED_MAX).read(body);
    List<Outcome> outcomes = producing.append(topic, records, waiting, bounds.timeout().toNanos());
    return isProxys ? proxyAnswer(outcomes) : answer(topic, outcomes);
  }

  private ProduceBody.Side side(Topic topic, Encoding encoding, boolean isKey) {
    return switch (encoding) {
      case AUTO ->
          schemas
              .get()
              .map(registry -> oxbow.query.produce.BySchema.of(registry, topic, isKey))
              .orElse(ProduceBody.Side.PLAIN);
      case PLAIN -> ProduceBody.Side.PLAIN;
      case JSON -> ProduceBody.Side.JSON;
      case BASE64 -> ProduceBody.Side.BASE64;
    };
  }

  private static HttpResponse answer(Topic topic, Collection<Outcome> outcomes) {
    List<Object> records = new ArrayList<>();
    int errors = 0;
    QueryException first = null;
    for (Outcome outcome : outcomes) {
      switch (outcome) {
        case Outcome.Appended(int partition, long offset) ->
            records.add(Json.map("partition", partition, "offset", offset));
        case Outcome.Refused(QueryException reason) -> {
          records.add(Json.error(reason));
          errors++;
          if (first == null) first = reason;
        }
      }
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    boolean isAllRefused = first != null && errors == outcomes.size();
    if (first != null && isAllRefused) answer.putAll(Json.error(first));
    answer.put("topic", topic.name());
    answer.put("records", records);
    answer.put("errors", errors);
    HttpStatus status =
        first != null && isAllRefused ? HttpStatus.valueOf(first.kind().status()) : HttpStatus.OK;
    return Json.answer(status, answer);
  }

  /** As REST Proxy's clients know it. */
  private static HttpResponse proxyAnswer(Collection<Outcome> outcomes) {
    List<Object> offsets = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      offsets.add(
          switch (outcome) {
            case Outcome.Appended(int partition, long offset) ->
                proxyOffset(partition, offset, null, null);
            case Outcome.Refused(QueryException reason) ->
                proxyOffset(null, null, reason.kind().code(), reason.text());
          });
    }
    return Json.answer(
        HttpStatus.OK,
        proxyMap("offsets", offsets, "key_schema_id", null, "value_schema_id", null));
  }

  private static Map<String, @Nullable Object> proxyOffset(
      @Nullable Integer partition,
      @Nullable Long offset,
      @Nullable Integer code,
      @Nullable String message) {
    return proxyMap("partition", partition, "offset", offset, "error_code", code, "error", message);
  }

  private static Map<String, @Nullable Object> proxyMap(@Nullable Object... namesAndValues) {
    var map = new LinkedHashMap<String, @Nullable Object>();
    IntStream.range(0, namesAndValues.length / 2)
        .forEach(i -> map.put(String.valueOf(namesAndValues[2 * i]), namesAndValues[2 * i + 1]));
    return map;
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    isClosed = true;
    underWay.forEach(Waiting::stop);
    threads.shutdown();
  }
}
