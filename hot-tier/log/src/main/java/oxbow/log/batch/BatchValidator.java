package oxbow.log.batch;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.OffsetsOutOfOrderException;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;
import oxbow.log.LogConfig;

/**
 * Decides whether bytes from outside may enter a log, with the errors that Apache Kafka gives for
 * each bad case, and where Kafka differs between a topic's settings and the batch, changes the
 * batch. Works in place, on heap and direct buffers, and outside of any partition's lock: what
 * depends on the log's end is {@linkplain ValidBatch#stamp stamped} later. Any number of threads.
 * Hot path.
 *
 * <p>It is stricter than Kafka where Kafka takes what no consumer can read afterwards: lengths of
 * compressed records that lie, and offset deltas out of order in uncompressed batches (these are
 * put in order, as Kafka does for compressed ones). Only v2 batches are taken.
 */
public final class BatchValidator implements AutoCloseable {
  /**
   * Most that a batch may decompress to. Kafka has no such limit, and its validator keeps an object
   * per record meanwhile. But its producer counts the bytes it puts into a batch in an int, so that
   * none which works has ever made a larger batch, and none is refused here. What is left to a bomb
   * is some seconds of its sender's own request; memory stays as it is.
   */
  public static final long DECOMPRESSED_BYTES_MAX = Integer.MAX_VALUE;

  /** Bits of the attributes that name the codec go up to 7, codecs only to here. */
  private static final int CODEC_MAX = BatchView.CODEC_ZSTD;

  private final BatchCounters counters = new BatchCounters();
  private final ReentrantLock large = new ReentrantLock();
  private final ArrayBlockingQueue<Decompressor> idle;
  private final long decompressedBytesMax;

  /** Keeps at most as many decompressors (some hundred KiB each) as threads are said to use it. */
  public BatchValidator(int threads) {
    this(threads, DECOMPRESSED_BYTES_MAX);
  }

  BatchValidator(int threads, long decompressedBytesMax) {
    this.idle = new ArrayBlockingQueue<>(Math.max(1, threads));
    this.decompressedBytesMax = decompressedBytesMax;
  }

  public BatchCounters counters() {
    return counters;
  }

  /**
   * Validates what a leader was given: one v2 batch, alone in the buffer between its position and
   * limit (a cut second one is ignored, as Kafka does). Time and codec are made what the topic asks
   * for, in place where possible. The buffer's position and limit stay. Throws Kafka's exceptions.
   *
   * @param nowMs the time to stamp, and to which {@code message.timestamp.*.max.ms} relate
   */
  public ValidBatch validate(
      ByteBuffer batches, LogConfig config, AppendOrigin origin, long nowMs) {
    return validate(batches, config, origin, nowMs, null);
  }

  /**
   * The same for a topic that may ask more of its records.
   *
   * @param check what it asks; null: nothing
   */
  public ValidBatch validate(
      ByteBuffer batches,
      LogConfig config,
      AppendOrigin origin,
      long nowMs,
      @Nullable RecordCheck check) {
    boolean isLeader = origin == AppendOrigin.CLIENT || origin == AppendOrigin.COORDINATOR;
    invariant(isLeader, "leaders append for clients and coordinators only", batches.remaining());
    try {
      return validated(batches, config, origin, nowMs, check);
    } catch (CorruptRecordException e) {
      counters.corrupt.increment();
      throw e;
    } catch (RecordTooLargeException | RecordBatchTooLargeException e) {
      counters.tooLarge.increment();
      throw e;
    } catch (RecordValidationException e) {
      counters.badRecords.increment();
      throw e;
    } catch (InvalidRecordException | UnsupportedCompressionTypeException e) {
      counters.invalid.increment();
      throw e;
    }
  }

  /**
   * Checks what a follower fetched: any number of whole batches in order, their checksums right. A
   * cut last batch is left out, and so is everything of a newer epoch than the one the follower
   * follows, since its leader may have been deposed meanwhile.
   */
  public List<ValidBatch> checkReplicated(ByteBuffer batches, int leaderEpochMax) {
    try {
      return replicated(batches, leaderEpochMax);
    } catch (CorruptRecordException e) {
      counters.corrupt.increment();
      throw e;
    }
  }

  private List<ValidBatch> replicated(ByteBuffer batches, int leaderEpochMax) {
    var valid = new ArrayList<ValidBatch>();
    long lastOffset = -1;
    boolean inOrder = true;
    int end = batches.limit();
    for (int at = batches.position(); at < end; ) {
      int bytes = wholeBatchBytes(batches, at);
      if (bytes == 0) break;
      ByteBuffer batch = batches.slice(at, bytes);
      int leaderEpoch = BatchView.leaderEpoch(batch, 0);
      if (leaderEpoch != -1 && leaderEpoch > leaderEpochMax) break;
      checkBytes(batch);
      if (BatchView.lastOffset(batch, 0) <= lastOffset) inOrder = false;
      lastOffset = BatchView.lastOffset(batch, 0);
      valid.add(new ValidBatch(batch, at, BatchView.lastOffsetDelta(batch, 0), false));
      at += bytes;
    }
    if (!inOrder)
      throw new OffsetsOutOfOrderException("replicated batches are not in offset order");
    return valid;
  }

  private ValidBatch validated(
      ByteBuffer batches,
      LogConfig config,
      AppendOrigin origin,
      long nowMs,
      @Nullable RecordCheck check) {
    ByteBuffer batch = onlyBatch(batches, config, origin);
    int codec = BatchView.codec(batch, 0);
    if (codec > CODEC_MAX) {
      throw new UnsupportedCompressionTypeException("no codec has number " + codec);
    }
    checkHeader(batch, origin);

    if (check != null) check.begin();
    var rules = new RecordRules(config, nowMs, check);
    RecordWalk walk =
        codec == BatchView.CODEC_NONE ? walkInPlace(batch, rules) : walkCompressed(batch, rules);
    if (walk.errors != null) throw walk.errors.exception();

    boolean isRewritten = false;
    Compression target = rewriteWith(batch, codec, walk.isSequential, config.recompression());
    if (target != null) {
      batch = BatchRewriter.rewrite(batch, walk, target, config, nowMs);
      isRewritten = true;
      counters.rewritten.increment();
    } else {
      boolean isStamped = config.timestampType() == TimestampType.LOG_APPEND_TIME;
      BatchView.stampTime(batch, 0, isStamped, isStamped ? nowMs : walk.maxTimestampMs);
    }
    if (batch.limit() > config.segmentBytes()) {
      throw new RecordBatchTooLargeException(
          batch.limit() + " bytes do not fit into a segment of " + config.segmentBytes());
    }
    boolean allSame = BatchView.isLogAppendTime(batch, 0);
    return new ValidBatch(
        batch, batches.position(), allSame ? 0 : walk.maxTimestampIndex, isRewritten);
  }

  /** The first batch, its bytes intact; whether there is a second is the last thing asked. */
  private static ByteBuffer onlyBatch(ByteBuffer batches, LogConfig config, AppendOrigin origin) {
    @Nullable ByteBuffer first = null;
    int count = 0;
    for (int at = batches.position(); at < batches.limit(); ) {
      int bytes = wholeBatchBytes(batches, at);
      if (bytes == 0) break;
      ByteBuffer batch = batches.slice(at, bytes);
      if (BatchView.magic(batch, 0) != BatchView.MAGIC) {
        throw new InvalidRecordException(
            "the batch's magic is " + BatchView.magic(batch, 0) + ", and only v2 is taken");
      }
      if (origin == AppendOrigin.CLIENT && BatchView.baseOffset(batch, 0) != 0) {
        throw new InvalidRecordException(
            "a producer's offsets begin at 0, not at " + BatchView.baseOffset(batch, 0));
      }
      if (bytes > config.batchBytesMax()) {
        throw new RecordTooLargeException(
            "the batch has "
                + bytes
                + " bytes, and at most "
                + config.batchBytesMax()
                + " are taken");
      }
      checkBytes(batch);
      if (first == null) first = batch;
      count++;
      at += bytes;
    }
    if (first == null) throw new InvalidRecordException("there is no whole batch to append");
    if (count > 1) throw new InvalidRecordException(count + " batches came where one belongs");
    return first;
  }

  /** Size of the batch at a position, or zero if the rest is too short to be one. */
  private static int wholeBatchBytes(ByteBuffer batches, int at) {
    int remaining = batches.limit() - at;
    if (remaining < BatchView.LENGTH_OVERHEAD_BYTES) return 0;
    int length = BatchView.length(batches, at);
    if (length < BatchView.LENGTH_MIN) {
      throw new CorruptRecordException("the length of a batch is " + length);
    }
    if (remaining < BatchView.MAGIC_END) return 0;
    byte magic = BatchView.magic(batches, at);
    if (magic < 0 || magic > BatchView.MAGIC) {
      throw new CorruptRecordException("the magic of a batch is " + magic);
    }
    return length > remaining - BatchView.LENGTH_OVERHEAD_BYTES
        ? 0
        : length + BatchView.LENGTH_OVERHEAD_BYTES;
  }

  private static void checkBytes(ByteBuffer batch) {
    if (batch.limit() < BatchView.HEADER_BYTES) {
      throw new CorruptRecordException(
          "a batch of " + batch.limit() + " bytes has no whole header");
    }
    int computed = BatchView.computeCrc(batch, 0);
    if (computed != BatchView.crc(batch, 0)) {
      throw new CorruptRecordException(
          "the batch has checksum "
              + Integer.toHexString(computed)
              + ", its header says "
              + Integer.toHexString(BatchView.crc(batch, 0)));
    }
  }

  private static void checkHeader(ByteBuffer batch, AppendOrigin origin) {
    int count = BatchView.recordCount(batch, 0);
    int lastOffsetDelta = BatchView.lastOffsetDelta(batch, 0);
    if (lastOffsetDelta < 0 || count <= 0 || count - 1 != lastOffsetDelta) {
      throw new InvalidRecordException(
          "the batch claims " + count + " records, its last offset is " + lastOffsetDelta);
    }
    if (origin != AppendOrigin.CLIENT) return;
    if (BatchView.isControl(batch, 0)) {
      throw new InvalidRecordException("a producer must not write control records");
    }
    if (BatchView.producerId(batch, 0) >= 0 && BatchView.baseSequence(batch, 0) < 0) {
      throw new InvalidRecordException(
          "producer "
              + BatchView.producerId(batch, 0)
              + " sent sequence "
              + BatchView.baseSequence(batch, 0));
    }
  }

  private static RecordWalk walkInPlace(ByteBuffer batch, RecordRules rules) {
    var walk = RecordWalk.inPlace(batch);
    try {
      walk.run(batch, rules);
    } catch (IOException e) {
      throw new IllegalStateException("nothing is read from anywhere", e);
    }
    return walk;
  }

  private RecordWalk walkCompressed(ByteBuffer batch, RecordRules rules) {
    Decompressor decompressor = idle.poll();
    if (decompressor == null) decompressor = new Decompressor(large);
    boolean isSound = false;
    try {
      var walk = RecordWalk.decompressing(decompressor, decompressedBytesMax);
      try {
        decompressor.begin(batch, BatchView.codec(batch, 0));
        walk.run(batch, rules);
      } catch (RecordTooLargeException e) {
        counters.bombs.increment();
        throw e;
      } finally {
        decompressor.finish();
      }
      isSound = true;
      return walk;
    } catch (IOException e) {
      throw Decompressor.undecodable(e);
    } finally {
      // After a failure the native decoder is in a state that nobody knows.
      if (!isSound || !idle.offer(decompressor)) decompressor.close();
    }
  }

  /**
   * Whether a sound batch's records take more than so many bytes when decompressed. Reads the
   * payload only where its size and codec don't tell.
   */
  public boolean expandsBeyond(ByteBuffer batch, long bytes) {
    int codec = BatchView.codec(batch, 0);
    long payload = (long) batch.limit() - BatchView.HEADER_BYTES;
    if (codec == BatchView.CODEC_NONE) return payload > bytes;
    if (payload * Decompressor.expansionMax(codec) <= bytes) return false;
    return walkCompressed(batch, RecordRules.NONE).bytes() > bytes;
  }

  /** The codec to build the batch anew with, or null if it can stay as it is. */
  private static @Nullable Compression rewriteWith(
      ByteBuffer batch, int codec, boolean isSequential, @Nullable Compression wanted) {
    boolean isMarker = codec == BatchView.CODEC_NONE && BatchView.isControl(batch, 0);
    if (isMarker || (isSequential && (wanted == null || wanted.type().id == codec))) return null;
    return wanted != null ? wanted : Compression.of(CompressionType.forId(codec)).build();
  }

  @Override
  public void close() {
    for (Decompressor each = idle.poll(); each != null; each = idle.poll()) each.close();
  }
}
