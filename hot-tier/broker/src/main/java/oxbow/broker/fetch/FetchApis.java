package oxbow.broker.fetch;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.Timer;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.ApiTable;
import oxbow.log.ColdReads;

/**
 * Fetch. Hot path. A request is served on its connection's thread; one that finds too little is
 * parked, and costs nothing until a watermark moves or its time is up.
 */
public final class FetchApis {
  private final FetchConfig config;
  private final Partitions partitions;
  private final @Nullable ColdFetches cold;
  private final FetchSessions sessions;
  private final PageCache pages;
  private final Timer timer;
  private final FetchMeters meters;

  /**
   * @param cold serves offsets that left the disk; null: they are out of range
   * @param logThreads bring in records that are not in the page cache
   * @param timer ends long polls
   * @param sessionIds where sessions take their ids from
   */
  public FetchApis(
      FetchConfig config,
      Partitions partitions,
      @Nullable ColdReads cold,
      Executor logThreads,
      Timer timer,
      InstantSource clock,
      RandomGenerator sessionIds,
      MeterRegistry registry) {
    this.config = config;
    this.partitions = partitions;
    this.cold = cold == null ? null : new ColdFetches(cold, config, timer, System::nanoTime);
    this.timer = timer;
    this.sessions = new FetchSessions(config, clock, sessionIds);
    this.pages = new PageCache(logThreads);
    this.meters = new FetchMeters(registry, sessions, pages, this.cold);
  }

  /** Registers Fetch. */
  public void serve(ApiTable table) {
    table.serve(ApiKeys.FETCH, this::fetch);
  }

  private void fetch(Request request) {
    var data = (FetchRequestData) request.body().data();
    boolean usesTopicIds = FetchSession.usesTopicIds(request.header().apiVersion());
    var metadata = new FetchMetadata(data.sessionId(), data.sessionEpoch());

    if (metadata.isFull()) {
      if (metadata.sessionId() != FetchMetadata.INVALID_SESSION_ID) {
        sessions.remove(metadata.sessionId());
      }
      ImplicitLinkedHashCollection<WantedPartition> wanted =
          FetchSession.wantedBy(data, usesTopicIds);
      start(request, wanted, null, metadata.epoch() != FetchMetadata.FINAL_EPOCH);
      return;
    }

    Optional<FetchSession> found = sessions.find(metadata.sessionId());
    if (found.isEmpty()) {
      refuse(request, Errors.FETCH_SESSION_ID_NOT_FOUND);
      return;
    }
    FetchSession session = found.get();
    ImplicitLinkedHashCollection<WantedPartition> left;
    synchronized (session) {
      if (session.epoch() != metadata.epoch()) {
        refuse(request, Errors.INVALID_FETCH_SESSION_EPOCH);
        return;
      }
      if (session.usesTopicIds() != usesTopicIds) {
        refuse(request, Errors.FETCH_SESSION_TOPIC_ID_ERROR);
        return;
      }
      FetchSession.update(session.wanted(), data, usesTopicIds);
      left = session.wanted();
      if (!left.isEmpty()) sessions.use(session);
    }
    if (left.isEmpty()) {
      // Nothing is left in it, so it ends, and the request is answered without one.
      sessions.remove(session);
      start(request, FetchSession.wantedBy(data, usesTopicIds), null, false);
    } else {
      start(request, left, session, false);
    }
  }

  private void start(
      Request request,
      ImplicitLinkedHashCollection<WantedPartition> wanted,
      @Nullable FetchSession session,
      boolean opensSession) {
    new FetchCall(
            request,
            wanted,
            session,
            opensSession,
            config,
            partitions,
            cold,
            sessions,
            pages,
            timer,
            meters)
        .start();
  }

  /** Names no partitions: nobody knows any more what was wanted. */
  private static void refuse(Request request, Errors error) {
    request.answer(FetchResponse.of(new FetchResponseData().setErrorCode(error.code())));
  }
}
