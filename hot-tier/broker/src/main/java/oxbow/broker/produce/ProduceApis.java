package oxbow.broker.produce;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.Timer;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.ApiTable;

/**
 * Produce and InitProducerId. Hot path. Records are written to the page cache on the connection's
 * own thread, straight from its frame: handing them over would cost two context switches a request.
 */
public final class ProduceApis {
  /** Kafka's own tools name themselves so; they alone write internal topics. */
  private static final String ADMIN_CLIENT_ID = "__admin_client";

  private final Partitions partitions;
  private final AppendHandover handover;
  private final Timer timer;
  private final ProduceMeters meters;
  private final ProducerIds producerIds;

  /**
   * @param logThreads where appends of slow logs go
   * @param timer ends waiting for replicas
   * @param nanoTime measures appends
   */
  public ProduceApis(
      ProduceConfig config,
      Partitions partitions,
      ProducerIds producerIds,
      Executor logThreads,
      Timer timer,
      LongSupplier nanoTime,
      MeterRegistry registry) {
    this.partitions = partitions;
    this.producerIds = producerIds;
    this.timer = timer;
    this.handover = new AppendHandover(config, logThreads, nanoTime);
    this.meters = new ProduceMeters(registry);
    Gauge.builder("oxbow.produce.slow.logs", handover, AppendHandover::slowLogs)
        .description("Logs whose appends go through log threads, because their disk is slow")
        .register(registry);
  }

  /** Registers this family's APIs. */
  public void serve(ApiTable table) {
    table.serve(ApiKeys.PRODUCE, this::produce);
    table.serve(ApiKeys.INIT_PRODUCER_ID, new InitProducerId(producerIds));
  }

  private void produce(Request request) {
    var data = (ProduceRequestData) request.body().data();
    if (data.transactionalId() == null && hasTransactionalRecords(data)) {
      throw new TransactionalIdAuthorizationException(
          "transactional records come without a transactional id");
    }
    var call = new ProduceCall(request, partitions, meters);
    for (TopicProduceData topic : data.topicData()) {
      TopicProduceResponse answer = call.answerTo(topic);
      for (PartitionProduceData records : topic.partitionData()) {
        start(call, request, data.acks(), topic, records, call.expect(answer, records.index()));
      }
    }
    call.started(timer, data.timeoutMs());
  }

  private void start(
      ProduceCall call,
      Request request,
      short acks,
      TopicProduceData topic,
      PartitionProduceData records,
      ProduceCall.Outcome outcome) {
    Partition partition;
    ByteBuffer batch;
    try {
      requireAcks(acks);
      short version = request.header().apiVersion();
      partition =
          version < 13
              ? partitions.leading(new TopicPartition(topic.name(), records.index()))
              : partitions.leading(topic.topicId(), records.index());
      requireWritable(partition.id().topic(), request);
      batch = BatchCheck.batchOf(records.records(), version);
      if (BatchCheck.isTransactional(batch)) {
        // Nothing can have added the partition to a transaction: there is no coordinator yet.
        throw new InvalidTxnStateException("the partition was not added to the transaction");
      }
    } catch (RuntimeException e) {
      call.refuse(outcome, e);
      return;
    }
    handover.run(partition.id(), () -> call.append(partition, batch, outcome));
  }

  private static void requireAcks(short acks) {
    if (acks < ProduceCall.ALL_REPLICAS || acks > ProduceCall.LEADER) {
      throw new InvalidRequiredAcksException("acks is " + acks + ", not -1, 0 or 1");
    }
  }

  private static void requireWritable(String topic, Request request) {
    if (Topic.isInternal(topic) && !ADMIN_CLIENT_ID.equals(request.header().clientId())) {
      throw new InvalidTopicException("clients cannot write to the internal topic " + topic);
    }
  }

  private static boolean hasTransactionalRecords(ProduceRequestData data) {
    for (TopicProduceData topic : data.topicData()) {
      for (PartitionProduceData partition : topic.partitionData()) {
        if (partition.records() instanceof MemoryRecords records
            && BatchCheck.isTransactional(records.buffer())) {
          return true;
        }
      }
    }
    return false;
  }
}
