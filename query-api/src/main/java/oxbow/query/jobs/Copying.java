package oxbow.query.jobs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import oxbow.log.ReadLimit;
import oxbow.log.batch.BatchView;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Batches;
import oxbow.query.Topics.Bounds;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.Visible;
import oxbow.query.replay.Waiting;

/**
 * Copies ranges of a topic into another one, each record once, whatever ends it in between. The
 * ranges take turns, a read each. Confined to one thread.
 *
 * <p>What was appended is found in the target itself: each range is a producer of its own, whose
 * batches say which of its records they begin with. So only the positions are written down, now and
 * then; at the begin the target is looked through from where it ended then, and what is there
 * already is passed over. A range's records come in one order always, so they can be told by their
 * number.
 */
final class Copying {
  private static final int READ_BYTES = 1 << 20;

  /** Larger batches are appended as they are; smaller ones' records are put together anew. */
  private static final int BATCH_BYTES_KEPT = 16 << 10;

  private static final int BATCH_BYTES = 256 << 10;
  private static final int MESSAGE_BYTES_OTHERWISE = 1 << 20;
  private static final short EPOCH = 0;
  private static final long LOOK_AGAIN_NANOS = 100_000_000;

  private final Topics topics;
  private final Job.Copy target;
  private final Topic from;
  private final Topic to;
  private final ReadLimit limit;
  private final int batchBytesMax;
  private final Waiting waiting;
  private final Waiting always = new Waiting(); // an append that was begun is waited for
  private final Throttle throttle;
  private final long checkpointNanos;
  private final Consumer<Progress> checkpoint;
  private final BufferSupplier buffers = BufferSupplier.create();

  private final List<Part> parts = new ArrayList<>();
  private final long[] scanned;
  private long hot;
  private long cold;
  private volatile Progress shown;

  // Of the read in work, what is here already among it.
  private long taken;
  private long takenBytes;

  /** A range on its way. */
  private static final class Part {
    final Job.Range range;
    final long producerId;
    final SortedMap<Integer, Lane> lanes = new TreeMap<>();
    long next;
    long records;
    long bytes;

    Part(Job.Range range, long producerId, Progress.Part before) {
      this.range = range;
      this.producerId = producerId;
      this.next = before.next();
      this.records = before.records();
      this.bytes = before.bytes();
      for (Progress.Lane lane : before.lanes()) lanes.put(lane.partition(), new Lane(lane));
    }

    boolean isDone() {
      return next >= range.to();
    }

    Lane lane(int partition) {
      return lanes.computeIfAbsent(partition, _ -> new Lane(new Progress.Lane(partition, 0, 0)));
    }

    Progress.Part shown() {
      return new Progress.Part(
          next, records, bytes, lanes.values().stream().map(Lane::shown).toList());
    }
  }

  /** From a range into one partition of the target. */
  private static final class Lane {
    final int partition;
    long accounted;
    long written;

    /** Records of the read in work that belong here. */
    long mapped;

    // Those that are put together into a batch.
    @Nullable MemoryRecordsBuilder building;
    CompressionType codec = CompressionType.NONE;
    long built;
    long builtBytes;

    Lane(Progress.Lane before) {
      this.partition = before.partition();
      this.accounted = before.accounted();
      this.written = before.written();
    }

    /** Whether the next record that belongs here is here already. */
    boolean isAhead() {
      return accounted + mapped < written;
    }

    Progress.Lane shown() {
      return new Progress.Lane(partition, accounted, written);
    }
  }

  /**
   * @param checkpoint takes what is to be written down
   */
  Copying(
      Topics topics,
      Job job,
      Job.Copy target,
      Progress before,
      Waiting waiting,
      long checkpointNanos,
      Consumer<Progress> checkpoint) {
    this.topics = topics;
    this.target = target;
    this.from = Job.same(topics, job.source().topic(), job.source().topicId());
    this.to = Job.same(topics, target.topic(), target.topicId());
    this.limit = job.source().isolation();
    this.batchBytesMax =
        Integer.parseInt(
            to.settings()
                .getOrDefault("max.message.bytes", Integer.toString(MESSAGE_BYTES_OTHERWISE)));
    this.waiting = waiting;
    this.throttle = new Throttle(job.recordsPerSecond(), job.bytesPerSecond());
    this.checkpointNanos = checkpointNanos;
    this.checkpoint = checkpoint;
    List<Job.Range> ranges = job.source().ranges();
    for (int i = 0; i < ranges.size(); i++) {
      parts.add(new Part(ranges.get(i), target.producerIds().get(i), before.parts().get(i)));
    }
    this.scanned = before.scanned().stream().mapToLong(Long::longValue).toArray();
    this.hot = before.hot();
    this.cold = before.cold();
    this.shown = before;
  }

  /** How far it is, for any thread. */
  Progress shown() {
    return shown;
  }

  /**
   * Copies to the end.
   *
   * @throws QueryException what is in the way: it may be tried again with another object
   */
  void run() {
    try {
      findAppended();
      keep();
      long keptNanos = System.nanoTime();
      boolean isAnyLeft = true;
      while (isAnyLeft) {
        isAnyLeft = false;
        for (Part part : parts) {
          if (part.isDone()) continue;
          isAnyLeft = true;
          copyRead(part);
          show();
          if (System.nanoTime() - keptNanos < checkpointNanos) continue;
          checkpoint.accept(shown);
          keptNanos = System.nanoTime();
        }
      }
    } finally {
      for (Part part : parts) part.lanes.values().forEach(Copying::abandon);
      buffers.close();
      keep();
    }
  }

  private void keep() {
    show();
    checkpoint.accept(shown);
  }

  private void show() {
    List<Long> looked = new ArrayList<>();
    for (long offset : scanned) looked.add(offset);
    shown =
        new Progress(
            Progress.State.RUNNING,
            "",
            0,
            parts.stream().map(Part::shown).toList(),
            looked,
            hot,
            cold);
  }

  // ---- what is there already

  private void findAppended() {
    Map<Long, Part> byProducer = new HashMap<>();
    for (Part part : parts) byProducer.put(part.producerId, part);
    for (int partition = 0; partition < scanned.length; partition++) {
      if (isTarget(partition)) findAppended(partition, byProducer);
    }
  }

  private boolean isTarget(int partition) {
    return target.mapping() == Job.Mapping.KEY
        || parts.stream().anyMatch(part -> part.range.partition() == partition);
  }

  private void findAppended(int partition, Map<Long, Part> byProducer) {
    Bounds bounds = bounds(to, partition);
    boolean isCut = bounds.logStart() > scanned[partition]; // its retention is as it is
    if (bounds.highWatermark() < scanned[partition]) throw lost(partition);
    long at = Math.max(scanned[partition], bounds.logStart());
    while (true) {
      Batches found =
          waiting.await(topics.read(to.partition(partition), at, READ_BYTES, ReadLimit.LOG_END));
      try {
        if (!found.bytes().hasRemaining()) break;
        for (RecordBatch batch : batches(found)) {
          if (batch.nextOffset() <= at) continue;
          at = batch.nextOffset();
          Part part = byProducer.get(batch.producerId());
          if (part != null) count(batch, part.lane(partition), isCut);
        }
      } finally {
        found.release();
      }
    }
    scanned[partition] = at;
  }

  private void count(RecordBatch batch, Lane lane, boolean isCut) {
    // Sequences begin anew behind the largest int.
    long missing = (batch.baseSequence() - lane.written) & Integer.MAX_VALUE;
    if (missing != 0 && !isCut) throw lost(lane.partition);
    lane.written += missing + batch.lastOffset() - batch.baseOffset() + 1;
  }

  private QueryException lost(int partition) {
    return new QueryException(
        Kind.OUT_OF_RANGE,
        "partition "
            + partition
            + " of "
            + to.name()
            + " has lost records that were copied into it; begin anew with another topic");
  }

  private Bounds bounds(Topic topic, int partition) {
    return topics
        .bounds(topic.partition(partition))
        .orElseThrow(() ->
            new QueryException(
                Kind.UNAVAILABLE,
                "partition " + partition + " of " + topic.name() + " is not available now"));
  }

  private static Iterable<MutableRecordBatch> batches(Batches read) {
    return MemoryRecords.readableRecords(read.bytes().duplicate()).batches();
  }

  // ---- copying

  /** What one read brings, or as much of it as a second may have; then its account. */
  private void copyRead(Part part) {
    waiting.check();
    Batches found = read(part);
    if (found == null) return;
    long next = part.next;
    try {
      var visible = new Visible(limit);
      visible.begin(found);
      taken = 0;
      takenBytes = 0;
      for (MutableRecordBatch batch : batches(found)) {
        if (batch.nextOffset() <= next) continue;
        if (next >= part.range.to() || isEnoughTaken()) break;
        batch.ensureValid();
        next =
            visible.isVisible(batch)
                ? copy(part, batch, next)
                : Math.min(part.range.to(), batch.nextOffset());
      }
      for (Lane lane : part.lanes.values()) flush(part, lane);
      account(part, next, found.isCold());
    } catch (KafkaException e) { // what a payload fails with that is damaged
      throw new QueryException(
          Kind.CORRUPT,
          "partition %d of %s is damaged behind offset %d: %s"
              .formatted(part.range.partition(), from.name(), next, e.getMessage()),
          e);
    } finally {
      found.release();
    }
  }

  private boolean isEnoughTaken() {
    return taken >= throttle.recordsMax() || takenBytes >= throttle.bytesMax();
  }

  private void account(Part part, long next, boolean isCold) {
    part.next = next;
    for (Lane lane : part.lanes.values()) {
      part.records += lane.mapped;
      if (isCold) cold += lane.mapped;
      else hot += lane.mapped;
      lane.accounted += lane.mapped;
      lane.mapped = 0;
    }
  }

  /** Null: there is nothing now, or nothing more. */
  private @Nullable Batches read(Part part) {
    Batches found = readOnce(part);
    if (found != null) return found;
    // What lies below the end of before a read that found nothing is no record.
    Bounds before = bounds(from, part.range.partition());
    found = readOnce(part);
    if (found != null) return found;
    long end = limit == ReadLimit.LAST_STABLE ? before.lastStable() : before.highWatermark();
    part.next = Math.max(part.next, Math.min(part.range.to(), end));
    if (!part.isDone()) waiting.pause(LOOK_AGAIN_NANOS);
    return null;
  }

  private @Nullable Batches readOnce(Part part) {
    Batches found =
        waiting.await(
            topics.read(from.partition(part.range.partition()), part.next, READ_BYTES, limit));
    if (found.bytes().hasRemaining()) return found;
    found.release();
    return null;
  }

  /** Returns the offset up to which the batch was copied. */
  private long copy(Part part, MutableRecordBatch batch, long next) {
    int number = part.range.partition();
    long end = Math.min(part.range.to(), batch.nextOffset());
    if (target.mapping() == Job.Mapping.SAME && isKept(batch, next, end)) {
      Lane lane = part.lane(number);
      if (!lane.isAhead()) {
        flush(part, lane);
        long count = end - next;
        append(part, lane, batch, count);
        lane.mapped += count;
        taken += count;
        takenBytes += batch.sizeInBytes();
        return end;
      }
    }
    try (CloseableIterator<Record> records = batch.streamingIterator(buffers)) {
      while (records.hasNext()) {
        Record record = records.next();
        if (record.offset() < next) continue;
        if (record.offset() >= end) break;
        if (isEnoughTaken()) return record.offset();
        Lane lane = part.lane(partition(record, number));
        if (!lane.isAhead()) add(part, lane, record, batch.compressionType());
        lane.mapped++;
        taken++;
        takenBytes += record.sizeInBytes();
      }
    }
    return end;
  }

  private int partition(Record record, int number) {
    if (target.mapping() == Job.Mapping.SAME) return number;
    if (!record.hasKey()) return number % target.partitions();
    byte[] key = Utils.toArray(record.key());
    return Utils.toPositive(Utils.murmur2(key)) % target.partitions();
  }

  /** Whether it can be appended as it is: all its records are wanted, and none is missing. */
  private boolean isKept(MutableRecordBatch batch, long next, long end) {
    Integer count = batch.countOrNull();
    return count != null
        && batch.baseOffset() == next
        && batch.nextOffset() == end
        && count == end - next
        && batch.magic() == RecordBatch.MAGIC_VALUE_V2
        && batch.timestampType() == TimestampType.CREATE_TIME
        && batch.deleteHorizonMs().isEmpty()
        && batch.sizeInBytes() >= BATCH_BYTES_KEPT
        && batch.sizeInBytes() <= Math.min(batchBytesMax, throttle.bytesMax())
        && count <= throttle.recordsMax();
  }

  private void append(Part part, Lane lane, MutableRecordBatch batch, long count) {
    ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
    batch.writeTo(bytes);
    bytes.flip();
    BatchView.stampProducer(bytes, 0, part.producerId, EPOCH, sequence(lane));
    send(part, lane, bytes, count);
  }

  private static int sequence(Lane lane) {
    return (int) (lane.written & Integer.MAX_VALUE);
  }

  private void add(Part part, Lane lane, Record record, CompressionType codec) {
    long bytes = record.sizeInBytes();
    boolean isFull =
        lane.built >= throttle.recordsMax()
            || lane.builtBytes + bytes > Math.min(limitBytes(), throttle.bytesMax());
    if (lane.built > 0 && (isFull || codec != lane.codec)) flush(part, lane);
    MemoryRecordsBuilder into = lane.building;
    if (into == null) {
      into =
          MemoryRecords.builder(
              ByteBuffer.allocate(BATCH_BYTES),
              RecordBatch.MAGIC_VALUE_V2,
              Compression.of(codec).build(),
              TimestampType.CREATE_TIME,
              0L,
              RecordBatch.NO_TIMESTAMP,
              part.producerId,
              EPOCH,
              sequence(lane),
              false,
              RecordBatch.NO_PARTITION_LEADER_EPOCH);
      lane.building = into;
      lane.codec = codec;
    }
    into.append(record.timestamp(), record.key(), record.value(), record.headers());
    lane.built++;
    lane.builtBytes += bytes;
  }

  private int limitBytes() {
    return Math.min(BATCH_BYTES, batchBytesMax - BatchView.HEADER_BYTES);
  }

  private void flush(Part part, Lane lane) {
    MemoryRecordsBuilder building = lane.building;
    if (building == null) return;
    ByteBuffer bytes = building.build().buffer();
    long count = lane.built;
    lane.building = null;
    lane.built = 0;
    lane.builtBytes = 0;
    send(part, lane, bytes, count);
  }

  private static void abandon(Lane lane) {
    MemoryRecordsBuilder building = lane.building;
    if (building != null) building.abort();
    lane.building = null;
    lane.built = 0;
    lane.builtBytes = 0;
    lane.mapped = 0;
  }

  private void send(Part part, Lane lane, ByteBuffer bytes, long count) {
    waiting.check();
    int size = bytes.remaining();
    long first = always.await(topics.append(to.partition(lane.partition), bytes));
    lane.written += count;
    scanned[lane.partition] = first + count;
    part.bytes += size;
    long delay = throttle.delayNanos(count, size, System.nanoTime());
    if (delay > 0) waiting.pause(delay);
  }
}
