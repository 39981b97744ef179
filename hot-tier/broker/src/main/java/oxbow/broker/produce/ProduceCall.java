package oxbow.broker.produce;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Failures;
import oxbow.broker.replica.LeaderHint;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.log.AppendResult;

/**
 * One produce request on its way: its partitions' outcomes, and the answer once all are known or
 * its time is up. Appends of different partitions may end on different threads.
 */
final class ProduceCall {
  static final short ALL_REPLICAS = -1;
  static final short LEADER = 1;
  static final short NOBODY = 0;

  private static final long NO_OFFSET = -1;

  private final Request request;
  private final Partitions partitions;
  private final ProduceMeters meters;
  private final short acks;
  private final short version;
  private final ProduceResponseData response = new ProduceResponseData();

  // Guarded by this: how many outcomes are still open, and the answer that is sent once.
  private int open = 1; // the call itself, until all its partitions are on their way
  private int unread = 1; // of these, whose records are still looked at
  private boolean isAnswered;
  private boolean isLate;
  private @Nullable Errors firstError;
  private @Nullable List<Waiting> waiting;
  private @Nullable Timeout timeout;

  ProduceCall(Request request, Partitions partitions, ProduceMeters meters) {
    this.request = request;
    this.partitions = partitions;
    this.meters = meters;
    this.acks = ((ProduceRequestData) request.body().data()).acks();
    this.version = request.header().apiVersion();
  }

  /** An outcome for a partition, to be filled by one of the methods below. */
  synchronized Outcome expect(TopicProduceResponse topic, int index) {
    var partition = new PartitionProduceResponse().setIndex(index).setBaseOffset(NO_OFFSET);
    topic.partitionResponses().add(partition);
    open++;
    unread++;
    return new Outcome(topic, partition);
  }

  TopicProduceResponse answerTo(ProduceRequestData.TopicProduceData topic) {
    var answer = new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
    response.responses().add(answer);
    return answer;
  }

  /** Appends and completes the outcome, now or when the records are safe. Throws nothing. */
  void append(Partition partition, ByteBuffer batch, Outcome outcome) {
    try {
      appendAndWait(partition, batch, outcome);
    } finally {
      readOne();
    }
  }

  /** The frame is needed no longer once everything in it is written, however long that waits. */
  private void readOne() {
    synchronized (this) {
      unread--;
      if (unread > 0 || isAnswered) return;
    }
    request.giveBackFrame();
  }

  private void appendAndWait(Partition partition, ByteBuffer batch, Outcome outcome) {
    AppendResult result;
    int batchBytes = batch.remaining();
    try {
      if (acks == ALL_REPLICAS) partition.requireInSync();
      result = partition.append(batch, AppendOrigin.CLIENT);
    } catch (RuntimeException e) {
      refuse(partition, outcome, e);
      return;
    }
    if (!result.isDuplicate()) {
      meters.appended(batchBytes, result.followingOffset() - result.firstOffset());
    }
    outcome
        .answer
        .setBaseOffset(result.firstOffset())
        .setLogAppendTimeMs(result.logAppendTimeMs())
        .setLogStartOffset(result.logStart());

    if (acks == NOBODY) {
      done(outcome, Errors.NONE);
      return;
    }
    CompletionStage<Void> safe =
        acks == ALL_REPLICAS
            ? partition.acknowledged(result.followingOffset())
            : partition.log().durable(result.followingOffset());
    CompletableFuture<Void> future = safe.toCompletableFuture();
    if (future.isDone() && !future.isCompletedExceptionally()) {
      done(outcome, Errors.NONE);
      return;
    }
    if (!isAwaited(outcome, future)) {
      future.cancel(false);
      done(outcome, Errors.REQUEST_TIMED_OUT);
      return;
    }
    safe.whenComplete((_, failure) -> done(outcome, outcomeOf(partition, failure)));
  }

  /** What became of an append that was waited for. */
  private Errors outcomeOf(Partition partition, @Nullable Throwable failure) {
    if (failure != null) return Failures.errorOf(failure, partition.id());
    // The watermark may have got there because replicas fell out of the set it waits for.
    return acks == ALL_REPLICAS && partition.isBelowInSyncMin()
        ? Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND
        : Errors.NONE;
  }

  /** Completes an outcome as refused before anything was appended. */
  void refuse(Outcome outcome, RuntimeException failure) {
    done(outcome, Failures.errorOf(failure, outcome.topic.name()));
    readOne();
  }

  /** All partitions are on their way: from here on the call ends by itself. */
  void started(Timer timer, int timeoutMs) {
    synchronized (this) {
      boolean isWaiting = acks == ALL_REPLICAS && open > 1;
      if (isWaiting) {
        timeout = timer.newTimeout(_ -> giveUp(), Math.max(0, timeoutMs), TimeUnit.MILLISECONDS);
      }
    }
    closeOne();
    readOne();
  }

  private void refuse(Partition partition, Outcome outcome, RuntimeException failure) {
    meters.refused();
    switch (failure) {
      case RecordValidationException invalid -> {
        outcome
            .answer
            .setErrorMessage(invalid.invalidException().getMessage())
            .setRecordErrors(
                invalid.recordErrors().stream()
                    .map(e ->
                        new BatchIndexAndErrorMessage()
                            .setBatchIndex(e.batchIndex)
                            .setBatchIndexErrorMessage(e.message))
                    .toList())
            .setLogStartOffset(partition.log().offsets().logStart());
        done(outcome, Errors.forException(invalid.invalidException()));
      }
      default -> done(outcome, Failures.errorOf(failure, partition.id()));
    }
  }

  private synchronized boolean isAwaited(Outcome outcome, CompletableFuture<Void> safe) {
    if (isLate) return false;
    if (waiting == null) waiting = new ArrayList<>(2);
    waiting.add(new Waiting(outcome, safe));
    return true;
  }

  private void done(Outcome outcome, Errors error) {
    synchronized (this) {
      if (outcome.isDone || isAnswered) return;
      outcome.isDone = true;
      if (error != Errors.NONE) fill(outcome, error);
    }
    closeOne();
  }

  private void fill(Outcome outcome, Errors error) {
    if (firstError == null) firstError = error;
    outcome.answer.setErrorCode(error.code()).setBaseOffset(NO_OFFSET).setLogAppendTimeMs(-1);
    if (error != Errors.NOT_LEADER_OR_FOLLOWER || version < 10) return;
    String topic =
        version < 13
            ? outcome.topic.name()
            : partitions.topicName(outcome.topic.topicId()).orElse("");
    LeaderHint hint =
        partitions.leaderOf(
            new TopicPartition(topic, outcome.answer.index()), request.client().listener());
    outcome.answer.setCurrentLeader(
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

  private void closeOne() {
    synchronized (this) {
      open--;
      if (open > 0 || isAnswered) return;
      isAnswered = true;
      if (timeout != null) timeout.cancel();
    }
    answer();
  }

  /**
   * The client's time is up: what isn't acknowledged yet times out, what isn't written yet will.
   */
  private void giveUp() {
    var timedOut = new ArrayList<Waiting>();
    synchronized (this) {
      isLate = true;
      if (isAnswered || waiting == null) return;
      for (Waiting one : waiting) {
        if (one.outcome.isDone) continue;
        one.outcome.isDone = true;
        fill(one.outcome, Errors.REQUEST_TIMED_OUT);
        timedOut.add(one);
      }
    }
    for (Waiting one : timedOut) {
      one.safe.cancel(false);
      closeOne();
    }
  }

  private void answer() {
    if (acks != NOBODY) {
      request.answer(new ProduceResponse(response));
    } else if (firstError == null) {
      request.answerNothing();
    } else {
      // Nobody waits for an answer that could name the error, so the connection ends instead.
      request.fail(firstError.exception());
    }
  }

  /** What becomes of one partition's records. */
  static final class Outcome {
    private final TopicProduceResponse topic;
    private final PartitionProduceResponse answer;
    private boolean isDone;

    private Outcome(TopicProduceResponse topic, PartitionProduceResponse answer) {
      this.topic = topic;
      this.answer = answer;
    }
  }

  private record Waiting(Outcome outcome, CompletableFuture<Void> safe) {}
}
