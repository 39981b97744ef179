package oxbow.broker.fetch;

import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Failures;
import oxbow.broker.replica.LeaderHint;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.HeldRecords;
import oxbow.broker.wire.SlicedRecords;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.EpochEnd;
import oxbow.log.FileSlice;
import oxbow.log.LogOffsets;
import oxbow.log.LogRead;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;

/**
 * One fetch request on its way: looks for records, is parked if there are too few, looks again, and
 * answers. Hot path. Runs on its connection's thread; cold records are read elsewhere meanwhile.
 */
final class FetchCall {
  private static final Errors NO_ERROR = Errors.NONE;

  private final Request request;
  private final short version;
  private final ImplicitLinkedHashCollection<WantedPartition> wanted;
  private final @Nullable FetchSession session;
  private final int sessionEpoch;
  private final boolean opensSession;
  private final FetchConfig config;
  private final Partitions partitions;
  private final @Nullable ColdFetches cold;
  private final FetchSessions sessions;
  private final PageCache pages;
  private final Timer timer;
  private final FetchMeters meters;

  private final boolean isFromFollower;
  private final ReadLimit limit;
  private final int bytesMax;
  private final int bytesMin;
  private final int waitMs;

  /**
   * @param session an incremental request's; its monitor guards {@code wanted}
   * @param opensSession a full request that takes a session if there is room
   */
  FetchCall(
      Request request,
      ImplicitLinkedHashCollection<WantedPartition> wanted,
      @Nullable FetchSession session,
      boolean opensSession,
      FetchConfig config,
      Partitions partitions,
      @Nullable ColdFetches cold,
      FetchSessions sessions,
      PageCache pages,
      Timer timer,
      FetchMeters meters) {
    this.request = request;
    this.version = request.header().apiVersion();
    this.wanted = wanted;
    this.session = session;
    this.sessionEpoch = session == null ? FetchMetadata.FINAL_EPOCH : session.epoch();
    this.opensSession = opensSession;
    this.config = config;
    this.partitions = partitions;
    this.cold = cold;
    this.sessions = sessions;
    this.pages = pages;
    this.timer = timer;
    this.meters = meters;

    var fetch = (FetchRequest) request.body();
    this.isFromFollower = fetch.isFromFollower();
    this.limit = limitOf(fetch);
    this.bytesMax = Math.clamp(fetch.maxBytes(), 0, config.bytesMax());
    this.bytesMin = Math.min(fetch.minBytes(), bytesMax);
    this.waitMs = fetch.maxWait();
  }

  /** Answers at once, or parks the request until there is enough or its time is up. */
  void start() {
    Look look = look();
    boolean isCold = !look.coldReads.isEmpty();
    int parkedMs = isCold && cold != null && look.bytes == 0 ? cold.waitMs(waitMs) : waitMs;
    if (parkedMs <= 0 || look.isReady(bytesMin)) {
      complete(look);
      return;
    }
    look.release();
    var parked = new ParkedFetch(this, request, parkedMs, timer, meters);
    parked.park();
    if (isCold) request.whenAbandoned(() -> abandon(look.coldReads));
    for (ColdFetch read : look.coldReads) read.whenDone(parked::coldReadDone);
  }

  private static void abandon(List<ColdFetch> reads) {
    for (ColdFetch read : reads) read.drop();
  }

  /** Whether there is enough now. */
  boolean isReady() {
    Look look = look();
    look.release();
    return look.isReady(bytesMin);
  }

  /** Looks again and answers with what there is. Throws nothing: its callers answer nobody. */
  void finish() {
    try {
      complete(look());
    } catch (RuntimeException e) {
      request.fail(e);
    }
  }

  int bytesMin() {
    return bytesMin;
  }

  /** What is wanted, as it stands: a copy, since another request may change the session. */
  List<WantedPartition> wantedNow() {
    synchronized (monitor()) {
      return new ArrayList<>(wanted);
    }
  }

  /** Where records that this client may see end. */
  long endOf(Partition partition) {
    return switch (limit) {
      case LOG_END -> partition.log().offsets().logEnd();
      case HIGH_WATERMARK -> partition.log().offsets().highWatermark();
      case LAST_STABLE -> partition.log().lastStableOffset();
    };
  }

  /** Bytes that could be sent of a partition now. */
  int bytesOf(WantedPartition one) {
    Partition partition = one.partition();
    if (partition == null || endOf(partition) <= one.offset()) return 0;
    if (one.offset() < partition.log().offsets().localStart()) return 0; // its read tells itself
    if (bytesMin <= 1) return 1; // any record will do
    try {
      LogRead read = partition.log().read(one.offset(), one.bytesMax(), limit, false);
      FileSlice slice = read.slice();
      if (slice == null) return 0;
      int bytes = read.isFirstBatchCut() ? one.bytesMax() : slice.sizeBytes();
      slice.release();
      return bytes;
    } catch (RuntimeException e) {
      return Integer.MAX_VALUE; // the answer will tell the error
    }
  }

  private Object monitor() {
    return session == null ? this : session;
  }

  private static ReadLimit limitOf(FetchRequest fetch) {
    if (!FetchRequest.isConsumer(fetch.replicaId())) return ReadLimit.LOG_END;
    return fetch.isolationLevel() == IsolationLevel.READ_COMMITTED
        ? ReadLimit.LAST_STABLE
        : ReadLimit.HIGH_WATERMARK;
  }

  // ---- looking

  /** What one pass over the wanted partitions found; it owns the slices in it. */
  private static final class Look {
    private final List<WantedPartition> of = new ArrayList<>();
    private final List<PartitionData> data = new ArrayList<>();
    private @Nullable List<FileSlice> farBehind;
    private final List<ColdFetch> coldReads = new ArrayList<>(0); // under way
    private final List<ColdFound> coldFound = new ArrayList<>(0);
    private long bytes;
    private int known;
    private boolean isUrgent; // an error or a divergence the client should hear of at once

    boolean isReady(int bytesMin) {
      return known == 0 || isUrgent || bytes >= bytesMin;
    }

    void add(WantedPartition one, PartitionData found) {
      of.add(one);
      data.add(found);
    }

    void release() {
      for (PartitionData found : data) {
        if (found.records() instanceof SlicedRecords records) records.release();
        if (found.records() instanceof HeldRecords records) records.release();
      }
    }
  }

  /** Cold records that an answer may take; until then another look finds them, too. */
  private record ColdFound(ColdFetch read, @Nullable ColdBatches batches, PartitionData answer) {}

  private Look look() {
    var look = new Look();
    try {
      synchronized (monitor()) {
        for (WantedPartition one : wanted) lookAt(one, look);
      }
    } catch (RuntimeException e) {
      look.release();
      throw e;
    }
    return look;
  }

  private void lookAt(WantedPartition one, Look look) {
    try {
      if (isFromFollower) throw new NotLeaderOrFollowerException("no follower is known here");
      Partition partition = one.resolve(partitions);
      look.known++;
      read(one, partition, look);
    } catch (RuntimeException e) {
      Errors error =
          Failures.errorOf(e, one.topicName().isEmpty() ? one.topicId() : one.topicName());
      // Like Kafka, a topic that doesn't exist doesn't cut the poll for those that do.
      boolean isUnknown =
          error == Errors.UNKNOWN_TOPIC_OR_PARTITION || error == Errors.UNKNOWN_TOPIC_ID;
      if (!isUnknown) {
        look.known++;
        look.isUrgent = true;
      }
      look.add(one, FetchResponse.partitionResponse(one.index(), onWire(error)));
    }
  }

  private void read(WantedPartition one, Partition partition, Look look) {
    PartitionLog log = partition.log();
    requireCompressionKnown(log);
    LogOffsets offsets = log.offsets();
    if (one.lastFetchedEpoch() >= 0 && isDiverging(one, log, offsets, look)) return;

    long offset = one.offset();
    long end = endOf(partition);
    if (offset < offsets.logStart() || offset > offsets.logEnd()) throw outOfRange(one, offsets);
    if (offset >= end) {
      one.seen(end, 0);
      boolean isNews = session == null || !one.isTold(offsets.highWatermark(), offsets.logStart());
      if (isNews) look.add(one, answer(one, offsets, log.lastStableOffset()));
      return;
    }

    boolean isFirst = look.bytes == 0;
    int room = Math.clamp(bytesMax - look.bytes, 0, one.bytesMax());
    if (offset < offsets.localStart()) {
      readCold(one, partition, offsets, room, look);
      return;
    }
    if (room == 0 && !isFirst) {
      one.seen(end, 0);
      look.add(one, answer(one, offsets, log.lastStableOffset()));
      return;
    }
    readHot(one, partition, offset, room, isFirst, look);
  }

  private void readHot(
      WantedPartition one, Partition partition, long offset, int room, boolean isFirst, Look look) {
    PartitionLog log = partition.log();
    long end = endOf(partition);
    LogRead read = log.read(offset, room, limit, isFirst);
    PartitionData found = answer(one, read.offsets(), read.lastStableOffset());
    FileSlice slice = read.slice();
    if (slice != null && read.isFirstBatchCut()) {
      // A consumer could do nothing with it; it comes first in one of the next answers.
      slice.release();
      slice = null;
    }
    look.add(one, found);
    if (slice != null) {
      found.setRecords(new SlicedRecords(slice)); // from here on the look owns it
      look.bytes += slice.sizeBytes();
      // One that is not filled reaches the log end, or almost: it was written just now.
      if (slice.sizeBytes() > room / 2) noteFarBehind(slice, offset, log, read.offsets(), look);
    }
    if (limit == ReadLimit.LAST_STABLE) found.setAbortedTransactions(onWire(read.aborted()));
    one.seen(end, slice == null ? 0 : slice.sizeBytes());
  }

  private static List<AbortedTransaction> onWire(List<LogRead.AbortedTransaction> aborted) {
    return aborted.stream()
        .map(transaction ->
            new AbortedTransaction()
                .setProducerId(transaction.producerId())
                .setFirstOffset(transaction.firstOffset()))
        .toList();
  }

  private static PartitionData answer(WantedPartition one, LogOffsets offsets, long lastStable) {
    return new PartitionData()
        .setPartitionIndex(one.index())
        .setHighWatermark(offsets.highWatermark())
        .setLastStableOffset(lastStable)
        .setLogStartOffset(offsets.logStart())
        .setAbortedTransactions(null)
        .setRecords(MemoryRecords.EMPTY);
  }

  private boolean isDiverging(
      WantedPartition one, PartitionLog log, LogOffsets offsets, Look look) {
    Optional<EpochEnd> found = log.endOf(one.lastFetchedEpoch());
    if (found.isEmpty()) throw outOfRange(one, offsets);
    EpochEnd end = found.get();
    boolean isDiverging =
        end.leaderEpoch() < one.lastFetchedEpoch() || end.endOffset() < one.offset();
    if (!isDiverging) return false;
    look.isUrgent = true;
    look.add(
        one,
        answer(one, offsets, log.lastStableOffset())
            .setDivergingEpoch(
                new EpochEndOffset().setEpoch(end.leaderEpoch()).setEndOffset(end.endOffset())));
    return true;
  }

  private void readCold(
      WantedPartition one, Partition partition, LogOffsets offsets, int room, Look look) {
    if (cold == null) throw outOfRange(one, offsets);
    one.seen(endOf(partition), 0);
    boolean isFirst = look.bytes == 0;
    ColdFetch read = room == 0 && !isFirst ? null : read(one, partition, Math.max(1, room), cold);
    if (read != null && read.isDone() && read.failure() == null && read.found().isEmpty()) {
      // Whatever lay below the local records was compacted away.
      read.drop();
      readHot(one, partition, partition.log().offsets().localStart(), room, isFirst, look);
      return;
    }
    PartitionData found = answer(one, offsets, partition.log().lastStableOffset());
    look.add(one, found);
    if (read == null) return;
    if (read.isDone()) addCold(read, partition, found, room, isFirst, look);
    else look.coldReads.add(read);
  }

  private @Nullable ColdFetch read(
      WantedPartition one, Partition partition, int bytes, ColdFetches from) {
    var key = new ColdFetches.Key(request.client().connectionId(), partition.id());
    return from.of(key, one.offset(), bytes, limit, waitMs);
  }

  private void addCold(
      ColdFetch read,
      Partition partition,
      PartitionData found,
      int room,
      boolean isFirst,
      Look look) {
    Throwable failure = read.failure();
    if (failure != null) {
      found.setErrorCode(onWire(Failures.errorOf(failure, partition.id())).code());
      look.isUrgent = true;
      look.coldFound.add(new ColdFound(read, null, found));
      return;
    }
    ColdBatches batches = read.found().orElseThrow();
    int bytes = batches.bytes().remaining();
    if (bytes > room && !isFirst) return; // it comes first in one of the next answers
    look.coldFound.add(new ColdFound(read, batches, found));
    look.bytes += bytes;
    if (limit == ReadLimit.LAST_STABLE) found.setAbortedTransactions(onWire(batches.aborted()));
  }

  private void requireCompressionKnown(PartitionLog log) {
    if (version >= 10) return;
    var recompression = log.config().recompression();
    if (recompression != null && recompression.type() == CompressionType.ZSTD) {
      throw Errors.UNSUPPORTED_COMPRESSION_TYPE.exception();
    }
  }

  private static OffsetOutOfRangeException outOfRange(WantedPartition one, LogOffsets offsets) {
    return new OffsetOutOfRangeException(
        "offset " + one.offset() + " lies not in " + offsets.logStart() + ".." + offsets.logEnd());
  }

  /** Clients of these versions don't know that a disk can fail. */
  private Errors onWire(Errors error) {
    return error == Errors.KAFKA_STORAGE_ERROR && version <= 5
        ? Errors.NOT_LEADER_OR_FOLLOWER
        : error;
  }

  private void noteFarBehind(
      FileSlice slice, long offset, PartitionLog log, LogOffsets offsets, Look look) {
    long recordsInLog = offsets.logEnd() - offsets.localStart();
    double share = (double) (offsets.logEnd() - offset) / Math.max(1, recordsInLog);
    if (share * log.sizeBytes() <= config.warmBytes()) return;
    if (look.farBehind == null) look.farBehind = new ArrayList<>();
    look.farBehind.add(slice);
  }

  // ---- answering

  private void complete(Look look) {
    List<FileSlice> onDisk = new ArrayList<>();
    if (look.farBehind != null) {
      for (FileSlice slice : look.farBehind) if (!pages.holds(slice)) onDisk.add(slice);
    }
    if (onDisk.isEmpty()) answer(look);
    else pages.load(onDisk, () -> answer(look));
  }

  private void answer(Look look) {
    var response = new FetchResponseData();
    try {
      synchronized (monitor()) {
        if (session != null && session.epoch() != sessionEpoch) {
          look.release();
          response
              .setErrorCode(Errors.INVALID_FETCH_SESSION_EPOCH.code())
              .setSessionId(session.id());
        } else {
          takeCold(look);
          for (int i = 0; i < look.of.size(); i++) add(response, look.of.get(i), look.data.get(i));
          response.setSessionId(sessionId());
        }
      }
    } catch (RuntimeException e) {
      look.release();
      request.fail(e);
      return;
    }
    request.answer(FetchResponse.of(response));
  }

  /** From here on the answer owns the cold records in it. */
  private static void takeCold(Look look) {
    for (ColdFound found : look.coldFound) {
      ColdBatches batches = found.batches();
      if (batches == null) {
        found.read().drop();
        continue;
      }
      HeldRecords records = found.read().take(batches);
      if (records != null) found.answer().setRecords(records);
      else found.answer().setAbortedTransactions(null); // another fetch of this client took them
    }
  }

  private int sessionId() {
    if (session != null) return session.id();
    if (!opensSession) return FetchMetadata.INVALID_SESSION_ID;
    return sessions
        .create(wanted, FetchSession.usesTopicIds(version))
        .map(FetchSession::id)
        .orElse(FetchMetadata.INVALID_SESSION_ID);
  }

  private void add(FetchResponseData response, WantedPartition one, PartitionData found) {
    int bytes = FetchResponse.recordsSize(found);
    Errors error = Errors.forCode(found.errorCode());
    if (session != null) {
      boolean isNews =
          bytes > 0
              || error != NO_ERROR
              || FetchResponse.isDivergingEpoch(found)
              || !one.isTold(found.highWatermark(), found.logStartOffset());
      if (!isNews) return;
      // Who got something goes to the end, so that everybody's turn comes first some time.
      if (bytes > 0) wanted.moveToEnd(one);
    }
    one.told(found.highWatermark(), found.logStartOffset());
    if (error != NO_ERROR) one.toldError();
    if (error == Errors.NOT_LEADER_OR_FOLLOWER || error == Errors.FENCED_LEADER_EPOCH) {
      hintLeader(response, one, found);
    }
    if (bytes > 0) meters.sent(bytes);

    List<FetchableTopicResponse> topics = response.responses();
    FetchableTopicResponse last = topics.isEmpty() ? null : topics.getLast();
    boolean isSameTopic =
        last != null
            && last.topic().equals(one.topicName())
            && last.topicId().equals(one.topicId());
    if (last == null || !isSameTopic) {
      last = new FetchableTopicResponse().setTopic(one.topicName()).setTopicId(one.topicId());
      topics.add(last);
    }
    last.partitions().add(found);
  }

  private void hintLeader(FetchResponseData response, WantedPartition one, PartitionData found) {
    if (version < 16) return;
    String topic =
        one.topicName().isEmpty()
            ? partitions.topicName(one.topicId()).orElse("")
            : one.topicName();
    LeaderHint hint =
        partitions.leaderOf(new TopicPartition(topic, one.index()), request.client().listener());
    found.setCurrentLeader(
        new LeaderIdAndEpoch().setLeaderId(hint.leader()).setLeaderEpoch(hint.leaderEpoch()));
    if (hint.endpoint() == null || response.nodeEndpoints().find(hint.leader()) != null) return;
    response
        .nodeEndpoints()
        .add(
            new NodeEndpoint()
                .setNodeId(hint.leader())
                .setHost(hint.endpoint().host())
                .setPort(hint.endpoint().port())
                .setRack(hint.rack()));
  }
}
