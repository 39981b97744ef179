package oxbow.broker.fetch;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.OffsetNotAvailableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Failures;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.ApiTable;
import oxbow.log.ColdReads;
import oxbow.log.EpochEnd;
import oxbow.log.LogOffsets;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;

/**
 * Offsets by time, and where leader epochs ended. Look-ups that read records run on log threads;
 * what only the cold tier knows is waited for by nobody, and answered when it comes.
 */
public final class OffsetApis {
  private static final long NO_TIMESTAMP = ListOffsetsResponse.UNKNOWN_TIMESTAMP;
  private static final long NO_OFFSET = ListOffsetsResponse.UNKNOWN_OFFSET;
  private static final int NO_EPOCH = ListOffsetsResponse.UNKNOWN_EPOCH;

  /** Kafka's {@code remote.list.offsets.request.timeout.ms}, for those who don't say. */
  private static final int WAIT_MS = 30_000;

  private final Partitions partitions;
  private final @Nullable ColdReads cold;
  private final Executor logThreads;
  private final Timer timer;

  /**
   * @param cold knows what left the disk; null: nobody does
   * @param timer ends waiting for the cold tier
   */
  public OffsetApis(
      Partitions partitions, @Nullable ColdReads cold, Executor logThreads, Timer timer) {
    this.partitions = partitions;
    this.cold = cold;
    this.logThreads = logThreads;
    this.timer = timer;
  }

  /** Registers ListOffsets and OffsetForLeaderEpoch. */
  public void serve(ApiTable table) {
    table.serve(ApiKeys.LIST_OFFSETS, this::listOffsets);
    table.serve(ApiKeys.OFFSET_FOR_LEADER_EPOCH, this::endsOfEpochs);
  }

  private void listOffsets(Request request) {
    var data = (ListOffsetsRequestData) request.body().data();
    boolean readsRecords =
        data.topics().stream()
            .flatMap(topic -> topic.partitions().stream())
            .anyMatch(asked -> readsRecords(asked.timestamp()));
    if (readsRecords) {
      logThreads.execute(() -> {
        try {
          answerOffsets(request);
        } catch (RuntimeException e) {
          request.fail(e); // nobody above would answer it on this thread
        }
      });
    } else {
      answerOffsets(request);
    }
  }

  private static boolean readsRecords(long timestamp) {
    return timestamp >= 0 || timestamp == ListOffsetsRequest.MAX_TIMESTAMP;
  }

  private void answerOffsets(Request request) {
    var body = (ListOffsetsRequest) request.body();
    Set<TopicPartition> duplicates = body.duplicatePartitions();
    List<TopicOffsets> topics = new ArrayList<>();
    for (var topic : body.data().topics()) {
      var found = new TopicOffsets(topic.name(), new ArrayList<>());
      for (ListOffsetsPartition asked : topic.partitions()) {
        var name = new TopicPartition(topic.name(), asked.partitionIndex());
        found.partitions.add(offset(body, name, asked, duplicates));
      }
      topics.add(found);
    }
    int askedMs = body.data().timeoutMs();
    whenAllDone(
        topics.stream().flatMap(topic -> topic.partitions.stream()).toList(),
        askedMs > 0 ? askedMs : WAIT_MS,
        request,
        () -> {
          var response = new ListOffsetsResponseData();
          for (TopicOffsets topic : topics) response.topics().add(topic.answer());
          return new ListOffsetsResponse(response);
        });
  }

  /** What was found, or will be, of one topic. */
  private record TopicOffsets(
      String name, List<CompletableFuture<ListOffsetsPartitionResponse>> partitions) {
    ListOffsetsTopicResponse answer() {
      return new ListOffsetsTopicResponse()
          .setName(name)
          .setPartitions(partitions.stream().map(CompletableFuture::resultNow).toList());
    }
  }

  /** Answers once everything is known; none of it fails. What takes too long is given up. */
  private void whenAllDone(
      List<? extends CompletableFuture<?>> parts,
      int waitMs,
      Request request,
      Supplier<AbstractResponse> answer) {
    var all = CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new));
    Timeout timeout =
        all.isDone()
            ? null
            : timer.newTimeout(
                _ -> parts.forEach(part -> part.cancel(false)), waitMs, TimeUnit.MILLISECONDS);
    if (timeout != null) request.whenAbandoned(() -> parts.forEach(part -> part.cancel(false)));
    var _ =
        all.whenComplete((_, _) -> {
          if (timeout != null) timeout.cancel();
          try {
            request.answer(answer.get());
          } catch (RuntimeException e) {
            request.fail(e);
          }
        });
  }

  private CompletableFuture<ListOffsetsPartitionResponse> offset(
      ListOffsetsRequest request,
      TopicPartition name,
      ListOffsetsPartition asked,
      Set<TopicPartition> duplicates) {
    short version = request.version();
    CompletableFuture<Optional<TimestampedOffset>> looking;
    try {
      if (duplicates.contains(name)) {
        throw new InvalidRequestException(name + " is in the request twice");
      }
      requireSupported(asked.timestamp(), version);
      Partition partition = partitions.find(name).orElseGet(() -> partitions.leading(name));
      partition.requireEpoch(asked.currentLeaderEpoch());
      partition.requireLeader();
      looking = find(partition, asked.timestamp(), limitOf(request));
    } catch (RuntimeException e) {
      looking = CompletableFuture.failedFuture(e);
    }
    return orGivenUp(
        looking, found -> answer(name, version, found), failure -> refusal(name, version, failure));
  }

  /** Never fails; cancelling it ends the looking. */
  private static <T, A> CompletableFuture<A> orGivenUp(
      CompletableFuture<T> looking,
      Function<? super T, A> answer,
      Function<? super Throwable, A> refusal) {
    var result =
        new CompletableFuture<A>() {
          @Override
          public boolean cancel(boolean mayInterrupt) {
            boolean isFirst = complete(refusal.apply(new TimeoutException("it took too long")));
            looking.cancel(mayInterrupt);
            return isFirst;
          }
        };
    var _ =
        looking.whenComplete((found, failure) ->
            result.complete(failure == null ? answer.apply(found) : refusal.apply(failure)));
    return result;
  }

  private static ListOffsetsPartitionResponse nothing(TopicPartition name) {
    return new ListOffsetsPartitionResponse()
        .setPartitionIndex(name.partition())
        .setTimestamp(NO_TIMESTAMP)
        .setOffset(NO_OFFSET)
        .setLeaderEpoch(NO_EPOCH);
  }

  private static ListOffsetsPartitionResponse answer(
      TopicPartition name, short version, Optional<TimestampedOffset> found) {
    ListOffsetsPartitionResponse answer = nothing(name);
    found.ifPresent(it -> {
      answer.setTimestamp(it.timestampMs()).setOffset(it.offset());
      if (version >= 4) answer.setLeaderEpoch(it.leaderEpoch());
    });
    return answer;
  }

  private static ListOffsetsPartitionResponse refusal(
      TopicPartition name, short version, Throwable failure) {
    Errors error = Failures.errorOf(failure, name);
    if (error == Errors.OFFSET_NOT_AVAILABLE && version < 5) error = Errors.LEADER_NOT_AVAILABLE;
    return nothing(name).setErrorCode(error.code());
  }

  private CompletableFuture<Optional<TimestampedOffset>> find(
      Partition partition, long timestamp, ReadLimit limit) {
    PartitionLog log = partition.log();
    LogOffsets offsets = log.offsets();
    Optional<Optional<TimestampedOffset>> named = named(partition, timestamp, offsets);
    if (named.isPresent()) return CompletableFuture.completedFuture(named.get());

    // A leader whose watermark hasn't reached its epoch yet may not know all that is committed.
    boolean isBehind =
        limit != ReadLimit.LOG_END && partition.epochStart() > offsets.highWatermark();
    long end = endOf(log, offsets, limit);
    if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
      if (isBehind) throw notAvailable(partition);
      return CompletableFuture.completedFuture(
          Optional.of(new TimestampedOffset(NO_TIMESTAMP, end, partition.leaderEpoch())));
    }
    boolean isMax = timestamp == ListOffsetsRequest.MAX_TIMESTAMP;
    ColdReads coldReads = cold;
    if (coldReads == null || offsets.logStart() >= offsets.localStart()) {
      Optional<TimestampedOffset> found = findLocal(log, timestamp, limit, end);
      if (found.isEmpty() && isBehind) throw notAvailable(partition);
      return CompletableFuture.completedFuture(found);
    }
    return isMax
        ? findMax(coldReads, partition, offsets, findLocal(log, timestamp, limit, end))
        : findFirst(coldReads, partition, timestamp, offsets, limit, isBehind);
  }

  private static Optional<TimestampedOffset> findLocal(
      PartitionLog log, long timestamp, ReadLimit limit, long end) {
    return timestamp == ListOffsetsRequest.MAX_TIMESTAMP
        ? log.findMaxTimestamp().filter(max -> max.offset() < end)
        : log.find(timestamp, limit);
  }

  private static CompletableFuture<Optional<TimestampedOffset>> findMax(
      ColdReads cold, Partition partition, LogOffsets offsets, Optional<TimestampedOffset> local) {
    var asked = cold.findMaxTimestamp(partition.id(), offsets.logStart(), offsets.localStart());
    return following(
        asked,
        asked.thenApply(found ->
            found.isPresent()
                    && (local.isEmpty() || found.get().timestampMs() >= local.get().timestampMs())
                ? found
                : local));
  }

  private CompletableFuture<Optional<TimestampedOffset>> findFirst(
      ColdReads cold,
      Partition partition,
      long timestamp,
      LogOffsets offsets,
      ReadLimit limit,
      boolean isBehind) {
    var asked = cold.find(partition.id(), timestamp, offsets.logStart(), offsets.localStart());
    return following(
        asked,
        asked.thenComposeAsync(
            found -> {
              if (found.isPresent()) return CompletableFuture.completedFuture(found);
              Optional<TimestampedOffset> local = partition.log().find(timestamp, limit);
              if (local.isEmpty() && isBehind) throw notAvailable(partition);
              return CompletableFuture.completedFuture(local);
            },
            logThreads));
  }

  /** What follows from a question to the cold tier; cancelling it cancels the question. */
  private static <T> CompletableFuture<T> following(
      CompletableFuture<?> asked, CompletableFuture<T> result) {
    var _ =
        result.whenComplete((_, _) -> {
          if (result.isCancelled()) asked.cancel(false);
        });
    return result;
  }

  /** The offsets that have a name instead of a time; empty: this is none of them. */
  private static Optional<Optional<TimestampedOffset>> named(
      Partition partition, long name, LogOffsets offsets) {
    boolean isTiered = partition.log().config().isTiered();
    if (name == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
      return Optional.of(Optional.of(at(partition, offsets.logStart(), offsets)));
    }
    if (name == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
      return Optional.of(Optional.of(at(partition, offsets.localStart(), offsets)));
    }
    if (name == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
      boolean isAnyCold = isTiered && offsets.coldEnd() > offsets.logStart();
      return Optional.of(
          isAnyCold
              ? Optional.of(at(partition, offsets.coldEnd() - 1, offsets))
              : Optional.empty());
    }
    if (name == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
      return Optional.of(
          isTiered ? Optional.of(at(partition, offsets.coldEnd(), offsets)) : Optional.empty());
    }
    return Optional.empty();
  }

  private static long endOf(PartitionLog log, LogOffsets offsets, ReadLimit limit) {
    return switch (limit) {
      case LOG_END -> offsets.logEnd();
      case HIGH_WATERMARK -> offsets.highWatermark();
      case LAST_STABLE -> log.lastStableOffset();
    };
  }

  private static TimestampedOffset at(Partition partition, long offset, LogOffsets offsets) {
    int epoch =
        partition
            .log()
            .epochOf(offset)
            .orElse(offset == offsets.logEnd() ? partition.leaderEpoch() : NO_EPOCH);
    return new TimestampedOffset(NO_TIMESTAMP, offset, epoch);
  }

  private static OffsetNotAvailableException notAvailable(Partition partition) {
    return new OffsetNotAvailableException(
        "the watermark of " + partition.id() + " is still below the start of its leader's epoch");
  }

  private static ReadLimit limitOf(ListOffsetsRequest request) {
    if (request.replicaId() != ListOffsetsRequest.CONSUMER_REPLICA_ID) return ReadLimit.LOG_END;
    return request.isolationLevel() == IsolationLevel.READ_COMMITTED
        ? ReadLimit.LAST_STABLE
        : ReadLimit.HIGH_WATERMARK;
  }

  /** Negative times are names of special offsets, each known from a version on. */
  private static void requireSupported(long timestamp, short version) {
    if (timestamp >= 0) return;
    int since;
    if (timestamp >= ListOffsetsRequest.EARLIEST_TIMESTAMP) since = 1;
    else if (timestamp == ListOffsetsRequest.MAX_TIMESTAMP) since = 7;
    else if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) since = 8;
    else if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) since = 9;
    else if (timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) since = 11;
    else since = Integer.MAX_VALUE;
    if (version < since) {
      throw new UnsupportedVersionException(
          "version " + version + " knows no offset named " + timestamp);
    }
  }

  private void endsOfEpochs(Request request) {
    var data = (OffsetForLeaderEpochRequestData) request.body().data();
    List<TopicEpochs> topics = new ArrayList<>();
    for (var topic : data.topics()) {
      var ends = new TopicEpochs(topic.topic(), new ArrayList<>());
      for (OffsetForLeaderPartition asked : topic.partitions()) {
        ends.partitions.add(endOfEpoch(topic.topic(), asked));
      }
      topics.add(ends);
    }
    whenAllDone(
        topics.stream().flatMap(topic -> topic.partitions.stream()).toList(),
        WAIT_MS,
        request,
        () -> {
          var response = new OffsetForLeaderEpochResponseData();
          for (TopicEpochs topic : topics) response.topics().add(topic.answer());
          return new OffsetsForLeaderEpochResponse(response);
        });
  }

  /** What was found, or will be, of one topic. */
  private record TopicEpochs(String name, List<CompletableFuture<EpochEndOffset>> partitions) {
    OffsetForLeaderTopicResult answer() {
      return new OffsetForLeaderTopicResult()
          .setTopic(name)
          .setPartitions(partitions.stream().map(CompletableFuture::resultNow).toList());
    }
  }

  private CompletableFuture<EpochEndOffset> endOfEpoch(
      String topic, OffsetForLeaderPartition asked) {
    var name = new TopicPartition(topic, asked.partition());
    CompletableFuture<Optional<EpochEnd>> looking;
    try {
      Partition partition = partitions.find(name).orElseGet(() -> partitions.leading(name));
      partition.requireEpoch(asked.currentLeaderEpoch());
      partition.requireLeader();
      looking = endOf(partition, asked.leaderEpoch());
    } catch (RuntimeException e) {
      looking = CompletableFuture.failedFuture(e);
    }
    var answer = new EpochEndOffset().setPartition(asked.partition());
    return orGivenUp(
        looking,
        found -> {
          found.ifPresent(
              end -> answer.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()));
          return answer;
        },
        failure -> answer.setErrorCode(Failures.errorOf(failure, name).code()));
  }

  /** The local history reaches back to the log start, unless it was lost with the disk. */
  private CompletableFuture<Optional<EpochEnd>> endOf(Partition partition, int leaderEpoch) {
    PartitionLog log = partition.log();
    LogOffsets offsets = log.offsets();
    boolean isUnknown =
        offsets.logStart() < offsets.localStart() && !log.knowsEpochsFrom(offsets.logStart());
    if (cold != null && isUnknown && leaderEpoch < log.earliestEpoch().orElse(Integer.MAX_VALUE)) {
      return cold.endOf(partition.id(), leaderEpoch);
    }
    return CompletableFuture.completedFuture(log.endOf(leaderEpoch));
  }
}
