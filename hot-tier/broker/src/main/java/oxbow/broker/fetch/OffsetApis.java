package oxbow.broker.fetch;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.OffsetNotAvailableException;
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
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Failures;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.ApiTable;
import oxbow.log.LogOffsets;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;

/**
 * Offsets by time, and where leader epochs ended. Look-ups that read records run on log threads.
 */
public final class OffsetApis {
  private static final long NO_TIMESTAMP = ListOffsetsResponse.UNKNOWN_TIMESTAMP;
  private static final long NO_OFFSET = ListOffsetsResponse.UNKNOWN_OFFSET;
  private static final int NO_EPOCH = ListOffsetsResponse.UNKNOWN_EPOCH;

  private final Partitions partitions;
  private final Executor logThreads;

  public OffsetApis(Partitions partitions, Executor logThreads) {
    this.partitions = partitions;
    this.logThreads = logThreads;
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
    var response = new ListOffsetsResponseData();
    Set<TopicPartition> duplicates = body.duplicatePartitions();
    for (var topic : body.data().topics()) {
      List<ListOffsetsPartitionResponse> answers =
          topic.partitions().stream()
              .map(asked ->
                  offset(
                      body,
                      new TopicPartition(topic.name(), asked.partitionIndex()),
                      asked,
                      duplicates))
              .toList();
      response
          .topics()
          .add(new ListOffsetsTopicResponse().setName(topic.name()).setPartitions(answers));
    }
    request.answer(new ListOffsetsResponse(response));
  }

  private ListOffsetsPartitionResponse offset(
      ListOffsetsRequest request,
      TopicPartition name,
      ListOffsetsPartition asked,
      Set<TopicPartition> duplicates) {
    var answer =
        new ListOffsetsPartitionResponse()
            .setPartitionIndex(name.partition())
            .setTimestamp(NO_TIMESTAMP)
            .setOffset(NO_OFFSET)
            .setLeaderEpoch(NO_EPOCH);
    short version = request.version();
    try {
      if (duplicates.contains(name)) {
        throw new InvalidRequestException(name + " is in the request twice");
      }
      requireSupported(asked.timestamp(), version);
      Partition partition = partitions.find(name).orElseGet(() -> partitions.leading(name));
      partition.requireEpoch(asked.currentLeaderEpoch());
      partition.requireLeader();
      find(partition, asked.timestamp(), limitOf(request))
          .ifPresent(found -> {
            answer.setTimestamp(found.timestampMs()).setOffset(found.offset());
            if (version >= 4) answer.setLeaderEpoch(found.leaderEpoch());
          });
    } catch (OffsetNotAvailableException e) {
      Errors error = version >= 5 ? Errors.OFFSET_NOT_AVAILABLE : Errors.LEADER_NOT_AVAILABLE;
      answer.setErrorCode(error.code());
    } catch (RuntimeException e) {
      answer.setErrorCode(Failures.errorOf(e, name).code());
    }
    return answer;
  }

  private static Optional<TimestampedOffset> find(
      Partition partition, long timestamp, ReadLimit limit) {
    PartitionLog log = partition.log();
    LogOffsets offsets = log.offsets();
    if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
      return Optional.of(at(partition, offsets.logStart(), offsets));
    }
    if (timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
      return Optional.of(at(partition, offsets.localStart(), offsets));
    }
    if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP) {
      boolean isAnyCold = log.config().isTiered() && offsets.coldEnd() > offsets.logStart();
      return isAnyCold
          ? Optional.of(at(partition, offsets.coldEnd() - 1, offsets))
          : Optional.empty();
    }
    if (timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
      return log.config().isTiered()
          ? Optional.of(at(partition, offsets.coldEnd(), offsets))
          : Optional.empty();
    }

    // A leader whose watermark hasn't reached its epoch yet may not know all that is committed.
    boolean isBehind =
        limit != ReadLimit.LOG_END && partition.epochStart() > offsets.highWatermark();
    long end = endOf(log, offsets, limit);
    if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
      if (isBehind) throw notAvailable(partition);
      return Optional.of(new TimestampedOffset(NO_TIMESTAMP, end, partition.leaderEpoch()));
    }
    Optional<TimestampedOffset> found =
        timestamp == ListOffsetsRequest.MAX_TIMESTAMP
            ? log.findMaxTimestamp().filter(max -> max.offset() < end)
            : log.find(timestamp, limit);
    if (found.isEmpty() && isBehind) throw notAvailable(partition);
    return found;
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
    var response = new OffsetForLeaderEpochResponseData();
    for (var topic : data.topics()) {
      List<EpochEndOffset> ends =
          topic.partitions().stream().map(asked -> endOfEpoch(topic.topic(), asked)).toList();
      response
          .topics()
          .add(new OffsetForLeaderTopicResult().setTopic(topic.topic()).setPartitions(ends));
    }
    request.answer(new OffsetsForLeaderEpochResponse(response));
  }

  private EpochEndOffset endOfEpoch(String topic, OffsetForLeaderPartition asked) {
    var name = new TopicPartition(topic, asked.partition());
    var answer = new EpochEndOffset().setPartition(asked.partition());
    try {
      Partition partition = partitions.find(name).orElseGet(() -> partitions.leading(name));
      partition.requireEpoch(asked.currentLeaderEpoch());
      partition.requireLeader();
      partition
          .log()
          .endOf(asked.leaderEpoch())
          .ifPresent(end -> answer.setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()));
    } catch (RuntimeException e) {
      answer.setErrorCode(Failures.errorOf(e, name).code());
    }
    return answer;
  }
}
