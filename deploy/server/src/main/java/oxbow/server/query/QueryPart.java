package oxbow.server.query;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.broker.Broker;
import oxbow.cold.ColdTier;
import oxbow.query.flight.FlightDoor;
import oxbow.query.jobs.JobBounds;
import oxbow.query.jobs.Jobs;
import oxbow.query.jobs.JobsService;
import oxbow.query.overview.OverviewService;
import oxbow.query.replay.http.HttpBounds;
import oxbow.query.replay.http.TopicsService;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlSources;
import oxbow.query.sql.TopicSqlEngine;
import oxbow.query.sql.http.SqlBounds;
import oxbow.query.sql.http.SqlService;
import oxbow.schema.Schemas;

/** Replay, produce and replay jobs over HTTP, and SQL, for the topics of this broker. */
public final class QueryPart implements AutoCloseable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final int PAGED_MAX = 16;
  private static final Duration PAGED_IDLE = Duration.ofMinutes(5);

  private final BrokerTopics topics;
  private final TopicsService service;
  private final Jobs jobs;
  private final JobsService jobsService;
  private final SqlEngine sql;
  private final SqlService sqlService;
  private final FlightDoor flight;
  private final ServerOverview overview;
  private final OverviewService overviewService;

  /**
   * @param cold serves what left the disk; gives nothing where nothing does
   * @param schemas what is registered; gives none while it isn't known
   * @param isCreating records that are sent to a topic that isn't there make it
   */
  public QueryPart(
      Broker broker,
      Supplier<Optional<ColdTier>> cold,
      Supplier<Optional<Schemas>> schemas,
      QueryBounds bounds,
      boolean isCreating,
      ServerFacts server,
      MeterRegistry meters) {
    this.topics =
        new BrokerTopics(
            broker.partitions(),
            cold.get().map(ColdTier::reads),
            broker.control().autoTopics()::create,
            isCreating);
    this.jobs =
        new Jobs(
            topics,
            new BrokerJobs(broker, topics, isCreating),
            bounds.jobsDirectory(),
            JobBounds.of(bounds.jobsMax()),
            InstantSource.system(),
            new SecureRandom());
    this.jobsService = new JobsService(jobs);
    register(jobs, meters);
    this.overview = new ServerOverview(broker, topics, cold, server, System::nanoTime);
    this.sql =
        new TopicSqlEngine(
            bounds.sql(),
            new SqlSources(
                topics,
                topics,
                cold,
                () -> schemas.get().orElse(Schemas.NONE),
                new ServerTables(topics, broker.partitions(), cold, overview).all()),
            InstantSource.system());
    this.service =
        new TopicsService(
            topics,
            schemas,
            jobsService::create,
            Optional.of(sql),
            new HttpBounds(bounds.replaysMax(), bounds.bodyBytesMax(), bounds.timeout(), HEARTBEAT),
            InstantSource.system());
    this.sqlService =
        new SqlService(
            sql,
            new SqlBounds(
                bounds.bodyBytesMax(),
                HEARTBEAT,
                PAGED_MAX,
                PAGED_IDLE,
                bounds.sql().directory().resolve("results")));
    this.flight = new FlightDoor(sql, server.version().oxbow());
    this.overviewService = new OverviewService(overview, System::nanoTime);
    ReplayMeters.register(meters, service.stats());
  }

  /** SQL over the topics, for whoever opens a door to it. */
  public SqlEngine sql() {
    return sql;
  }

  private static void register(Jobs jobs, MeterRegistry meters) {
    for (String state : List.of("running", "paused", "failed")) {
      Gauge.builder("oxbow.query.jobs", jobs, known -> known.count(state))
          .tag("state", state)
          .description("Replay jobs")
          .register(meters);
    }
    FunctionCounter.builder("oxbow.query.jobs.records", jobs, Jobs::recordsCopied)
        .description("Records that replay jobs have copied")
        .register(meters);
    FunctionCounter.builder("oxbow.query.jobs.bytes", jobs, Jobs::bytesCopied)
        .baseUnit("bytes")
        .description("Bytes of the batches that replay jobs have appended")
        .register(meters);
  }

  /** Goes on with the jobs there are. Called once, when the broker is ready. */
  public void open() {
    jobs.open();
  }

  /** SQL over HTTP. */
  public SqlService sqlService() {
    return sqlService;
  }

  /** SQL for drivers. */
  public FlightDoor flight() {
    return flight;
  }

  /** The cluster, topics and groups at a glance. */
  public OverviewService overview() {
    return overviewService;
  }

  public TopicsService service() {
    return service;
  }

  public JobsService jobs() {
    return jobsService;
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    service.close();
    sqlService.close();
    flight.close();
    overviewService.close();
    overview.close();
    jobsService.close();
    jobs.close();
    sql.close();
    topics.close();
  }
}
