package oxbow.server.query;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.broker.Broker;
import oxbow.log.ColdReads;
import oxbow.query.replay.http.HttpBounds;
import oxbow.query.replay.http.TopicsService;
import oxbow.schema.Schemas;

/** Replay and produce over HTTP, for the topics of this broker. */
public final class QueryPart implements AutoCloseable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  private final BrokerTopics topics;
  private final TopicsService service;

  /**
   * @param cold serves what left the disk; empty: nothing does
   * @param schemas what is registered; gives none while it isn't known
   * @param isCreating records that are sent to a topic that isn't there make it
   */
  public QueryPart(
      Broker broker,
      Optional<ColdReads> cold,
      Supplier<Optional<Schemas>> schemas,
      QueryBounds bounds,
      boolean isCreating) {
    this.topics =
        new BrokerTopics(
            broker.partitions(), cold, broker.control().autoTopics()::create, isCreating);
    this.service =
        new TopicsService(
            topics,
            schemas,
            new HttpBounds(bounds.replaysMax(), bounds.bodyBytesMax(), bounds.timeout(), HEARTBEAT),
            InstantSource.system());
  }

  public TopicsService service() {
    return service;
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    service.close();
    topics.close();
  }
}
