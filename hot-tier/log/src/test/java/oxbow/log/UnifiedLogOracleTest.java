package oxbow.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.log.testing.ManualTime;

/**
 * The same random operations on our log and on Apache Kafka's: the same answers, errors, bytes and
 * state. Where ours answers otherwise on purpose, the reason stands at the comparison.
 */
class UnifiedLogOracleTest {
  private static final int STEPS = 600;

  /** How often compaction had something to do, in all runs. */
  private static int compactions;

  @TempDir Path directory;

  @AfterAll
  static void somethingWasCompacted() {
    assertThat(compactions).isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 10_059})
  void answersAsKafkasLogDoes(long seed) throws Exception {
    var settings = new HashMap<String, String>();
    settings.put("internal.segment.bytes", "6000");
    settings.put("index.interval.bytes", "400");
    settings.put("max.message.bytes", "4000");
    settings.put("file.delete.delay.ms", "0");
    if (seed % 2 == 0) settings.put("cleanup.policy", "compact");
    if (seed % 2 == 0) settings.put("delete.retention.ms", "20000");
    if (seed % 3 == 0) settings.put("message.timestamp.type", "LogAppendTime");
    if (seed % 2 == 1) settings.put("retention.bytes", "40000");
    if (seed % 2 == 1) settings.put("retention.ms", "600000");
    settings.put("segment.ms", "60000");
    settings.put("min.cleanable.dirty.ratio", "0.1");
    try (var run = new Run(directory, seed, settings)) {
      run.steps(STEPS);
      compactions += run.outcomes.getOrDefault("compact", 0);
    }
  }

  /** Both logs, and what the producers of this run did so far. */
  private static final class Run implements AutoCloseable {
    private static final TopicIdPartition ID = new TopicIdPartition(new Uuid(7, 7), 0, "orders");
    private static final int PRODUCERS = 4;
    private static final List<ReadLimit> LIMITS = List.of(ReadLimit.values());

    private final long seed;
    private final Random random;
    private final Path directory;
    private final org.apache.kafka.storage.internals.log.LogConfig kafkaConfig;
    private final LogConfig config;
    private final ManualClock clock = new ManualClock(1_750_000_000_000L);
    private final ManualTime time = new ManualTime(clock.millis());
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private final BrokerTopicStats stats = new BrokerTopicStats();
    private final Producer[] producers = new Producer[PRODUCERS];

    private ManualThreads threads = new ManualThreads(clock);
    private Logs logs;
    private PartitionLog ours;
    private UnifiedLog kafka;
    private int reopened;
    private int leaderEpoch = 1;
    private long kafkaCleanEnd;

    /** Offsets at which a batch ended when it was appended, and the next begins. */
    private final TreeSet<Long> boundaries = new TreeSet<>();

    /** Offsets that a follower's gap begins at, to the offset of the batch behind it. */
    private final TreeMap<Long, Long> gaps = new TreeMap<>();

    private long markersEnd;
    private long reopenedEnd;
    private String step = "opening";

    /** A producer, idempotent and, with an odd id, transactional. */
    private static final class Producer {
      final long id;
      short epoch;
      int sequence;
      long lastOffset = -1;
      long markerOffset = -1;
      boolean isMarkerForgotten;
      final List<ByteBuffer> sent = new ArrayList<>();

      /** Where its batches ended, of this log. */
      final TreeSet<Long> ends = new TreeSet<>();

      Producer(long id) {
        this.id = id;
      }
    }

    Run(Path directory, long seed, Map<String, String> settings) throws IOException {
      this.directory = directory;
      this.seed = seed;
      this.random = new Random(seed);
      this.config = LogConfig.of(settings);
      this.kafkaConfig = new org.apache.kafka.storage.internals.log.LogConfig(settings);
      for (int i = 0; i < PRODUCERS; i++) producers[i] = new Producer(100 + i);
      logs = openOurs(directory.resolve("ours"));
      ours = logs.open(ID, config);
      kafka = openKafka(directory.resolve("kafka"), 0, 0, true);
      ours.beginEpoch(leaderEpoch);
      kafka.assignEpochStartOffset(leaderEpoch, 0);
    }

    private Logs openOurs(Path path) {
      threads = new ManualThreads(clock);
      Logs opened =
          Logs.open(
              LogsConfig.of(path), new LocalLogFiles(), clock, clock, new OnceThreads(threads));
      threads.runAll();
      return opened;
    }

    private UnifiedLog openKafka(Path path, long logStart, long recoveryPoint, boolean isClean)
        throws IOException {
      Path partition = Files.createDirectories(path.resolve("orders-0"));
      return UnifiedLog.create(
          partition.toFile(),
          kafkaConfig,
          logStart,
          recoveryPoint,
          new OnceScheduler(),
          stats,
          time,
          15 * 60_000,
          new ProducerStateManagerConfig(86_400_000, false),
          600_000,
          new LogDirFailureChannel(1),
          isClean,
          Optional.of(ID.topicId()));
    }

    void steps(int count) throws Exception {
      for (int i = 0; i < count; i++) {
        advance(random.nextInt(400));
        step = "step " + i;
        step(random.nextInt(100));
        threads.runAll();
        compareState();
      }
      readAll();
      // The run tests something only as long as most kinds of answers come up.
      assertThat(outcomes.keySet()).as(this::where).hasSizeGreaterThan(30);
    }

    private String where() {
      return "seed %d, %s, %s".formatted(seed, step, ours.offsets());
    }

    private void advance(long ms) {
      clock.advance(ms);
      time.advance(ms);
    }

    private void step(int dice) throws Exception {
      if (dice < 22) appendPlain();
      else if (dice < 42) appendIdempotent();
      else if (dice < 48) endTransaction();
      else if (dice < 52) appendBad();
      else if (dice < 56) replicate();
      else if (dice < 66) advanceWatermark();
      else if (dice < 84) read();
      else if (dice < 88) findTime();
      else if (dice < 91) epochs();
      else if (dice < 93) deleteBefore();
      else if (dice < 94) truncate();
      else if (dice < 96) expire();
      else if (dice < 98) compact();
      else if (dice < 99) reopen(random.nextBoolean());
      else pause();
    }

    private void pause() {
      advance(random.nextInt(90_000));
      if (random.nextInt(6) == 0) restartAt();
    }

    // Appends.

    private void appendPlain() {
      appendBoth("plain", batch(BatchBuilder.at(clock.millis()), null), AppendOrigin.CLIENT);
    }

    private ByteBuffer batch(BatchBuilder builder, @Nullable Integer count) {
      builder.codec(CompressionType.forId(random.nextInt(5)));
      int records = count == null ? 1 + random.nextInt(6) : count;
      for (int i = 0; i < records; i++) {
        String key = "key" + random.nextInt(12);
        String value = random.nextInt(6) == 0 ? null : "v".repeat(random.nextInt(120));
        builder.add(clock.millis() - random.nextInt(3_000), key, value);
      }
      return builder.build();
    }

    private void appendIdempotent() {
      Producer producer = producers[random.nextInt(PRODUCERS)];
      int kind = random.nextInt(12);
      if (kind == 0 && !producer.sent.isEmpty()) { // a duplicate, recent or forgotten
        int back = 1 + random.nextInt(Math.min(7, producer.sent.size()));
        ByteBuffer again = producer.sent.get(producer.sent.size() - back);
        appendBoth("duplicate", again, AppendOrigin.CLIENT);
        return;
      }
      short epoch = producer.epoch;
      int sequence = producer.sequence;
      if (kind == 1) sequence += 1 + random.nextInt(3);
      if (kind == 2) epoch--;
      if (kind == 3) {
        epoch++;
        sequence = random.nextBoolean() ? 0 : 5;
      }
      int count = 1 + random.nextInt(4);
      var builder =
          BatchBuilder.at(clock.millis()).producer(producer.id, Math.max(epoch, 0), sequence);
      boolean isTransactional = producer.id % 2 == 1;
      if (isTransactional) builder.transactional();
      ByteBuffer batch = batch(builder, count);
      if (appendBoth("idempotent " + kind, batch, AppendOrigin.CLIENT)) {
        if (epoch != producer.epoch) producer.sent.clear();
        producer.epoch = (short) Math.max(epoch, 0);
        producer.sequence = sequence + count;
        producer.lastOffset = kafka.logEndOffset() - 1;
        producer.ends.add(kafka.logEndOffset());
        producer.sent.add(batch);
      }
    }

    private void endTransaction() {
      Producer producer = producers[1 + 2 * random.nextInt(PRODUCERS / 2)];
      boolean isOdd = random.nextInt(8) == 0;
      int epoch = Math.max(0, producer.epoch + (isOdd ? random.nextInt(3) - 1 : 0));
      ControlRecordType type =
          random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
      if (random.nextBoolean()) epoch++; // as the second version of transactions does
      var marker = new EndTransactionMarker(type, isOdd ? random.nextInt(3) : 5);
      MemoryRecords records =
          MemoryRecords.withEndTransactionMarker(
              0L, clock.millis(), leaderEpoch, producer.id, (short) epoch, marker);
      if (appendBoth("marker " + type, records.buffer(), AppendOrigin.COORDINATOR)) {
        markersEnd = kafka.logEndOffset();
        producer.markerOffset = markersEnd - 1;
        producer.isMarkerForgotten = false;
        if (epoch > producer.epoch) {
          producer.epoch = (short) epoch;
          producer.sequence = 0;
          producer.sent.clear();
        }
      }
    }

    private void appendBad() {
      BatchBuilder builder = BatchBuilder.at(clock.millis());
      int kind = random.nextInt(6);
      if (kind == 0) builder.baseOffset = 3;
      if (kind == 1) builder.recordCount = 1 + random.nextInt(3);
      if (kind == 2) builder.attributes |= 0x20;
      if (kind == 3) builder.producer(5, 0, -1);
      if (kind == 4) builder.add(clock.millis(), "k", "x".repeat(5_000));
      ByteBuffer batch = batch(builder, 2);
      if (kind == 5) batch.put(40, (byte) (batch.get(40) + 1));
      if (kind == 2) batch.putShort(21, (short) (batch.getShort(21) & ~7)); // not compressed
      if (kind == 2) BatchBuilder.fixCrc(batch);
      appendBoth("bad " + kind, batch, AppendOrigin.CLIENT);
    }

    /** What a follower gets: offsets and epochs as they stand in it, perhaps after a gap. */
    private void replicate() {
      ByteBuffer batch = batch(BatchBuilder.at(clock.millis()), null);
      long end = kafka.logEndOffset();
      boolean isGap = random.nextInt(4) == 0 && kafka.highWatermark() < end;
      long offset = end + (isGap ? 1 + random.nextInt(5) : 0);
      if (isGap) boundaries.remove(end);
      if (isGap) gaps.put(end, offset);
      batch.putLong(0, offset).putInt(12, leaderEpoch);
      ByteBuffer theirs = copy(batch);
      Outcome<long[]> mine =
          outcome(() -> {
            AppendResult result = ours.replicate(batch, leaderEpoch);
            return new long[] {result.firstOffset(), result.followingOffset()};
          });
      Outcome<long[]> his =
          outcome(() -> {
            LogAppendInfo info =
                kafka.appendAsFollower(MemoryRecords.readableRecords(theirs), leaderEpoch);
            return new long[] {info.firstOffset(), info.lastOffset() + 1};
          });
      same("replicate", mine, his);
      boundaries.add(kafka.logEndOffset());
    }

    private boolean appendBoth(String what, ByteBuffer batch, AppendOrigin origin) {
      // How strictly a marker's epoch is looked at depends on the transactions' version.
      short version = (short) (1 + random.nextInt(2));
      ByteBuffer mineBytes = copy(batch);
      ByteBuffer theirBytes = copy(batch);
      Outcome<List<Long>> mine =
          outcome(() -> {
            AppendResult result = ours.append(mineBytes, leaderEpoch, origin, version);
            return List.of(
                result.firstOffset(),
                result.followingOffset(),
                timeUnlessForgotten(result.firstOffset(), result.logAppendTimeMs()),
                result.logStart());
          });
      Outcome<List<Long>> his =
          outcome(() -> {
            LogAppendInfo info =
                kafka.appendAsLeader(
                    MemoryRecords.readableRecords(theirBytes),
                    leaderEpoch,
                    origin,
                    RequestLocal.noCaching(),
                    VerificationGuard.SENTINEL,
                    version);
            return List.of(
                info.firstOffset(),
                info.lastOffset() + 1,
                timeUnlessForgotten(info.firstOffset(), info.logAppendTime()),
                info.logStartOffset());
          });
      same(what, mine, his);
      boundaries.add(kafka.logEndOffset());
      return mine.failure == null;
    }

    /**
     * In a snapshot a producer's last batch has the time of whatever it did last, perhaps that of a
     * marker; and snapshots are taken as each likes.
     */
    private long timeUnlessForgotten(long firstOffset, long timeMs) {
      return firstOffset < reopenedEnd ? 0 : timeMs;
    }

    // Bounds and reads.

    private void advanceWatermark() throws IOException {
      // Where a follower's fetch ends, a batch ends. Kafka rounds other watermarks, sometime later.
      boundaries.add(kafka.logEndOffset());
      List<Long> ahead = List.copyOf(boundaries.tailSet(kafka.highWatermark()));
      long to = ahead.get(random.nextBoolean() ? ahead.size() - 1 : random.nextInt(ahead.size()));
      step += ", watermark";
      ours.advanceHighWatermark(to);
      kafka.updateHighWatermark(to);
    }

    private void read() {
      long start = Math.max(0, kafka.logStartOffset() - 1);
      long offset = start + random.nextInt((int) (kafka.logEndOffset() - start) + 2);
      int bytesMax = random.nextInt(3) == 0 ? random.nextInt(500) : random.nextInt(9_000);
      boolean wholeFirst = random.nextBoolean();
      read(offset, bytesMax, LIMITS.get(random.nextInt(LIMITS.size())), wholeFirst);
    }

    /** Returns the offset to go on at. */
    private long read(long offset, int bytesMax, ReadLimit limit, boolean wholeFirst) {
      FetchIsolation isolation =
          switch (limit) {
            case LOG_END -> FetchIsolation.LOG_END;
            case HIGH_WATERMARK -> FetchIsolation.HIGH_WATERMARK;
            case LAST_STABLE -> FetchIsolation.TXN_COMMITTED;
          };
      Outcome<LogRead> mine = outcome(() -> ours.read(offset, bytesMax, limit, wholeFirst));
      Outcome<FetchDataInfo> his =
          outcome(() -> kafka.read(offset, bytesMax, isolation, wholeFirst));
      String what = "read %d, %d bytes, %s, %s".formatted(offset, bytesMax, limit, wholeFirst);
      step += ", " + what;
      outcomes.merge("read " + mine.name(), 1, Integer::sum);
      assertThat(mine.name()).as(this::where).isEqualTo(his.name());
      LogRead read = mine.value;
      if (read == null) return offset;
      FetchDataInfo info = requireNonNull(his.value);
      byte[] myBytes = bytes(read);
      byte[] theirBytes = bytes(info.records);
      // Kafka cuts by bytes, also within a batch. Ours ends where a batch ends.
      int whole = wholeBytes(theirBytes);
      byte[] expected =
          whole == 0 && read.isFirstBatchCut() ? theirBytes : Arrays.copyOf(theirBytes, whole);
      if (!read.isFirstBatchCut() || myBytes.length > 0) {
        assertThat(described(myBytes)).as(this::where).isEqualTo(described(expected));
        assertThat(myBytes).as(this::where).isEqualTo(expected);
      }
      if (whole > 0 && limit == ReadLimit.LAST_STABLE) compareAborted(read, info, myBytes);
      long next = offset;
      for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(myBytes)).batches()) {
        next = batch.nextOffset();
      }
      return next;
    }

    /**
     * Kafka names those that overlap up to the next index entry: a few more than needed. Of one
     * that began before the log, a log that was read anew knows what is left.
     */
    private void compareAborted(LogRead read, FetchDataInfo info, byte[] bytes) {
      long end = 0;
      for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
        end = batch.nextOffset();
      }
      long readEnd = end;
      var theirs =
          info.abortedTransactions.orElseThrow().stream()
              .map(it -> new LogRead.AbortedTransaction(it.producerId(), it.firstOffset()))
              .distinct()
              .toList();
      long logStart = kafka.logStartOffset();
      Set<Long> begunBefore = new HashSet<>();
      for (var it : theirs) if (it.firstOffset() < logStart) begunBefore.add(it.producerId());
      var needed =
          theirs.stream()
              .filter(it -> it.firstOffset() < readEnd && it.firstOffset() >= logStart)
              .toList();
      assertThat(read.aborted()).as(this::where).containsAll(needed);
      assertThat(theirs)
          .as(this::where)
          .containsAll(
              read.aborted().stream()
                  .filter(it -> it.firstOffset() >= logStart)
                  .filter(it -> !begunBefore.contains(it.producerId()))
                  .toList());
      if (!needed.isEmpty()) outcomes.merge("aborted transactions", 1, Integer::sum);
    }

    private void readAll() {
      long offset = kafka.logStartOffset();
      while (true) {
        long next = read(offset, 3_000, ReadLimit.LOG_END, true);
        if (next == offset) break;
        offset = next;
        step = "reading all";
      }
      // What is left, if anything, are offsets that compaction or a gap left without a record.
      LogRead rest = ours.read(offset, 3_000, ReadLimit.LOG_END, true);
      assertThat(rest.slice()).as(this::where).isNull();
    }

    private void findTime() {
      step += ", time";
      long timestampMs = clock.millis() - random.nextInt(400_000);
      Optional<TimestampedOffset> mine = ours.find(timestampMs, ReadLimit.LOG_END);
      var his = kafka.fetchOffsetByTimestamp(timestampMs, Optional.empty());
      // Kafka looks into the first segment only that has a time so late; if all such records of it
      // lie below the log start, or compaction took them, it finds none.
      assertThat(mine)
          .as(this::where)
          .isEqualTo(his.timestampAndOffsetOpt().map(Run::found).or(() -> firstSince(timestampMs)));
      outcomes.merge(mine.isPresent() ? "time found" : "time not found", 1, Integer::sum);

      var max = kafka.fetchOffsetByTimestamp(ListOffsetsRequest.MAX_TIMESTAMP, Optional.empty());
      Optional<TimestampedOffset> myMax = ours.findMaxTimestamp();
      // Kafka finds nothing where compaction emptied the batch whose header has the largest time.
      boolean isEmptied = max.timestampAndOffsetOpt().isEmpty() && config.isCompacted();
      if (!isEmptied) {
        // Kafka believes its time index, which may know of less than the batches.
        assertThat(myMax)
            .as("max, %s", where())
            .isIn(max.timestampAndOffsetOpt().map(Run::found), latest());
      }
    }

    /** The first record at or after a time, by looking at all of them. */
    private Optional<TimestampedOffset> firstSince(long timestampMs) {
      for (LogSegment segment : kafka.logSegments()) {
        for (RecordBatch batch : segment.log().batches()) {
          for (Record record : batch) {
            if (record.offset() < kafka.logStartOffset()) continue;
            if (record.timestamp() < timestampMs) continue;
            return Optional.of(
                new TimestampedOffset(
                    record.timestamp(), record.offset(), batch.partitionLeaderEpoch()));
          }
        }
      }
      return Optional.empty();
    }

    /** The first of the records with the largest time, by looking at all of them. */
    private Optional<TimestampedOffset> latest() {
      long latestMs = Long.MIN_VALUE;
      for (LogSegment segment : kafka.logSegments()) {
        for (Record record : segment.log().records()) {
          if (record.offset() < kafka.logStartOffset()) continue;
          latestMs = Math.max(latestMs, record.timestamp());
        }
      }
      return firstSince(latestMs);
    }

    private static TimestampedOffset found(FileRecords.TimestampAndOffset found) {
      return new TimestampedOffset(found.timestamp, found.offset, found.leaderEpoch.orElse(-1));
    }

    private void epochs() {
      if (random.nextInt(3) == 0) {
        leaderEpoch += random.nextInt(2);
        leadAgain();
      }
      for (int epoch = 0; epoch <= leaderEpoch + 1; epoch++) {
        // Of an epoch that begins with a gap, an unclean stop leaves us the one of its records.
        Optional<EpochEnd> his =
            kafka.endOffsetForEpoch(epoch).map(it -> new EpochEnd(it.epoch(), skip(it.offset())));
        Optional<EpochEnd> mine =
            ours.endOf(epoch).map(it -> new EpochEnd(it.leaderEpoch(), skip(it.endOffset())));
        assertThat(mine).as("%s, epoch %d", where(), epoch).isEqualTo(his);
      }
      long offset = random.nextInt((int) kafka.logEndOffset() + 1);
      var epoch = kafka.leaderEpochCache().epochForOffset(offset);
      assertThat(ours.epochOf(offset).orElse(-1)).as(this::where).isEqualTo(epoch.orElse(-1));
      outcomes.merge("epochs", 1, Integer::sum);
    }

    /** The offset of the next record, if this one lies in a gap. */
    private long skip(long offset) {
      Map.Entry<Long, Long> gap = gaps.floorEntry(offset);
      return gap == null ? offset : Math.max(offset, gap.getValue());
    }

    // Losing records.

    private void deleteBefore() {
      long offset =
          kafka.logStartOffset()
              + random.nextInt((int) (kafka.logEndOffset() - kafka.logStartOffset()) + 2) / 2;
      Outcome<Integer> mine =
          outcome(() -> {
            ours.deleteBefore(offset);
            return 0;
          });
      Outcome<Integer> his =
          outcome(() -> {
            var _ =
                kafka.maybeIncrementLogStartOffset(
                    offset, LogStartOffsetIncrementReason.ClientRecordDeletion);
            return 0;
          });
      same("deleteBefore", mine, his);
    }

    private void truncate() throws IOException {
      if (isStartLost() || config.isCompacted()) return;
      replicateMarkers();
      // A follower truncates above its watermark; further down only after an unclean election,
      // which
      // compaction does not reckon with. It cuts where a batch of its leader's begins.
      boolean isDeep = random.nextInt(5) == 0;
      long from = isDeep ? kafka.logStartOffset() : kafka.highWatermark();
      List<Long> ahead = List.copyOf(boundaries.tailSet(from));
      if (ahead.isEmpty()) return;
      long offset = ahead.get(random.nextInt(ahead.size()));
      for (Producer producer : producers) {
        Long end = producer.ends.floor(offset);
        if (end != null && end <= kafka.logStartOffset()) return; // only a snapshot would know it
      }
      for (Producer producer : producers) producer.ends.tailSet(offset + 1).clear();
      step += ", truncate";
      forgetMarkers();
      ours.truncateTo(offset);
      var _ = kafka.truncateTo(offset);
      kafkaCleanEnd = Math.min(kafkaCleanEnd, offset);
      boundaries.tailSet(kafka.logEndOffset() + 1).clear();
      gaps.tailMap(kafka.logEndOffset()).clear();
      forgetProducers();
      // Kafka forgets until then which transactions lie below the watermark.
      kafka.updateHighWatermark(kafka.highWatermark());
      leadAgain();
      outcomes.merge("truncate", 1, Integer::sum);
    }

    private void restartAt() {
      long offset = kafka.logEndOffset() + random.nextInt(50);
      step += ", restart at " + offset;
      ours.restartAt(offset);
      kafka.truncateFullyAndStartAt(offset, Optional.empty());
      kafkaCleanEnd = Math.min(kafkaCleanEnd, offset);
      boundaries.clear();
      gaps.clear();
      for (Producer producer : producers) producer.ends.clear();
      forgetProducers();
      leadAgain();
      outcomes.merge("restart", 1, Integer::sum);
    }

    /** They go on where the log says they are, if it knows them. */
    private void forgetProducers() {
      for (Producer producer : producers) {
        producer.sent.clear();
        producer.sequence = 0;
        for (ProducerView view : ours.producers()) {
          if (view.producerId() != producer.id) continue;
          producer.epoch = (short) view.producerEpoch();
          producer.sequence = view.lastSequence() + 1;
        }
      }
    }

    private void expire() throws IOException {
      step += ", expire";
      logs.expire();
      var _ = kafka.deleteOldSegments();
      outcomes.merge("expire", 1, Integer::sum);
    }

    private void compact() throws Exception {
      if (!config.isCompacted()) return;
      logs.compact();
      threads.runAll();
      // What Kafka's LogCleanerManager does to find out what is to be done.
      if (kafkaCleanEnd < kafka.logStartOffset() || kafkaCleanEnd > kafka.logEndOffset()) {
        kafkaCleanEnd = kafka.logStartOffset();
      }
      while (true) {
        long uncleanable = Math.min(kafka.lastStableOffset(), kafka.activeSegment().baseOffset());
        var toClean =
            new LogToClean(kafka, kafkaCleanEnd, Math.max(kafkaCleanEnd, uncleanable), false);
        if (toClean.totalBytes() == 0 || toClean.cleanableRatio() <= config.dirtyRatioMin()) break;
        var cleaner =
            new Cleaner(
                0,
                new SkimpyOffsetMap(1 << 20),
                64 << 10,
                1 << 20,
                0.9,
                new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", time),
                time,
                _ -> {});
        long end = cleaner.clean(toClean).getKey();
        outcomes.merge("compact", 1, Integer::sum);
        if (end <= kafkaCleanEnd) break;
        kafkaCleanEnd = end;
      }
      step += ", compact to " + kafkaCleanEnd;
      readAll();
    }

    /**
     * What is known of a producer, or of its open transaction, whose records are gone is in
     * snapshots only, and how old the last one is differs. The same is true of what compaction took
     * out of a transaction. What consumers see does not differ.
     */
    private boolean isStartLost() {
      for (Producer producer : producers) {
        if (producer.lastOffset >= 0 && producer.lastOffset < kafka.logStartOffset()) return true;
      }
      return ours.producers().stream()
          .anyMatch(it ->
              it.currentTransactionStart() >= 0
                  && it.currentTransactionStart() < kafka.logStartOffset());
    }

    /**
     * A transaction that ended above the watermark is as unstable as an open one. Ours sees that
     * again when it reads its log anew; in Kafka's it depends on whether a snapshot comes after it.
     */
    private void replicateMarkers() throws IOException {
      if (markersEnd <= kafka.highWatermark()) return;
      ours.advanceHighWatermark(kafka.logEndOffset());
      kafka.updateHighWatermark(kafka.logEndOffset());
    }

    /** As a node does that becomes leader after its log was cut. */
    private void leadAgain() {
      leaderEpoch++;
      ours.beginEpoch(leaderEpoch);
      kafka.assignEpochStartOffset(leaderEpoch, kafka.logEndOffset());
    }

    // Reopening.

    private void reopen(boolean wantsClean) throws IOException {
      boolean isClean = wantsClean || isStartLost() || config.isCompacted();
      step += isClean ? ", clean reopening" : ", unclean reopening";
      for (Producer producer : producers) {
        // Of several batches only the last is in a snapshot, and snapshots are taken as each likes.
        if (producer.sent.size() > 1) producer.sent.subList(0, producer.sent.size() - 1).clear();
      }
      outcomes.merge(isClean ? "clean reopening" : "unclean reopening", 1, Integer::sum);
      replicateMarkers();
      Path oldOurs = logs.directory();
      Path oldKafka = kafka.parentDirFile().toPath();
      long logStart = kafka.logStartOffset();
      Path newOurs = directory.resolve("ours" + ++reopened);
      Path newKafka = directory.resolve("kafka" + reopened);
      reopenedEnd = kafka.logEndOffset();
      if (!isClean) {
        forgetMarkers();
        // The process is gone, and what it wrote to the page cache is not.
        copyTree(oldOurs, newOurs);
        copyTree(oldKafka, newKafka);
      }
      long recoveryPoint = isClean ? kafka.logEndOffset() : kafka.recoveryPoint();
      long watermark = kafka.highWatermark();
      logs.close();
      kafka.close();
      kafka = openKafka(isClean ? oldKafka : newKafka, logStart, recoveryPoint, isClean);
      logs = openOurs(isClean ? oldOurs : newOurs);
      ours = logs.open(ID, config);
      threads.runAll();
      // Offsets that were skipped at the end are forgotten.
      boundaries.tailSet(kafka.logEndOffset() + 1).clear();
      gaps.tailMap(kafka.logEndOffset()).clear();
      // Both find their log start and watermark in checkpoints, which are written now and then.
      ours.advanceHighWatermark(watermark);
      // Ours may be from before a truncation: the checkpoint is as old as Kafka's would be.
      kafka.updateHighWatermark(
          Math.max(ours.offsets().highWatermark(), Math.max(watermark, kafka.logStartOffset())));
      if (ours.offsets().logStart() < logStart) ours.deleteBefore(logStart);
      leadAgain();
      expire(); // we drop segments below the log start at once, Kafka with the next pass
      if (!isClean) deleteTree(oldOurs);
      if (!isClean) deleteTree(oldKafka);
    }

    private void forgetMarkers() {
      for (Producer producer : producers) {
        producer.isMarkerForgotten |= producer.markerOffset < kafka.logStartOffset();
      }
    }

    private static void copyTree(Path from, Path to) throws IOException {
      try (var paths = Files.walk(from)) {
        for (Path path : paths.toList()) {
          if (path.getFileName().toString().equals(".lock")) continue;
          Files.copy(path, to.resolve(from.relativize(path).toString()));
        }
      }
    }

    private static void deleteTree(Path path) throws IOException {
      try (var paths = Files.walk(path)) {
        for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(each);
      }
    }

    // Comparing.

    private void compareState() throws IOException {
      LogOffsets offsets = ours.offsets();
      undoRoundedWatermark(offsets.highWatermark());
      assertThat(List.of(offsets.logStart(), offsets.highWatermark(), offsets.logEnd()))
          .as(this::where)
          .isEqualTo(List.of(kafka.logStartOffset(), kafka.highWatermark(), kafka.logEndOffset()));
      // At a log start within a batch or a gap Kafka rounds to where a batch begins, down or up.
      if (ours.lastStableOffset() != offsets.logStart()) {
        assertThat(ours.lastStableOffset())
            .as("%s %s %s", where(), ours.producers(), kafka.activeProducers())
            .isEqualTo(kafka.lastStableOffset());
      }
      assertThat(ours.latestEpoch()).as(this::where).isEqualTo(kafka.latestEpoch());
      assertThat(bases()).as(this::where).isEqualTo(kafkaBases());
      var theirs = new TreeMap<Long, List<Long>>();
      for (var it : kafka.activeProducers()) {
        theirs.put(
            it.producerId(),
            List.of(
                (long) it.producerEpoch(),
                (long) it.lastSequence(),
                it.lastTimestamp(),
                coordinatorEpoch(it.producerId(), it.coordinatorEpoch()),
                it.currentTxnStartOffset()));
      }
      var mine = new TreeMap<Long, List<Long>>();
      for (ProducerView it : ours.producers()) {
        mine.put(
            it.producerId(),
            List.of(
                (long) it.producerEpoch(),
                (long) it.lastSequence(),
                it.lastTimestampMs(),
                coordinatorEpoch(it.producerId(), it.coordinatorEpoch()),
                it.currentTransactionStart()));
      }
      assertThat(mine).as(this::where).isEqualTo(theirs);
    }

    /**
     * Where a watermark lies within a batch, Kafka takes the batch's first offset for it as soon as
     * a read asks where that is in the file.
     */
    private void undoRoundedWatermark(long watermark) throws IOException {
      if (kafka.highWatermark() >= watermark || watermark >= ours.offsets().logEnd()) return;
      if (watermark < ours.offsets().localStart()) return;
      FileSlice slice = ours.read(watermark, 1, ReadLimit.LOG_END, true).slice();
      if (slice == null) return;
      long base = TestLogs.batches(slice).getFirst().baseOffset();
      if (kafka.highWatermark() == base) kafka.updateHighWatermark(watermark);
    }

    /** Whose marker lies before the log start is known from a snapshot, or not any more. */
    private long coordinatorEpoch(long producerId, long epoch) {
      return producers[(int) producerId - 100].isMarkerForgotten ? -1 : epoch;
    }

    /** Between two segments of ours there is no gap: it lies within the second. */
    private List<Long> bases() {
      return ours.cleanable().segments().stream().map(it -> skip(it.baseOffset())).toList();
    }

    private List<Long> kafkaBases() {
      return kafka.logSegments().stream().map(it -> skip(it.baseOffset())).toList();
    }

    private record Outcome<T>(@Nullable T value, @Nullable Throwable failure) {
      String name() {
        if (failure == null) return "ok";
        if (failure instanceof RecordValidationException e) {
          return "RecordValidation " + e.invalidException().getClass().getSimpleName();
        }
        return failure.getClass().getSimpleName();
      }
    }

    private interface Action<T> {
      T run() throws Exception;
    }

    private static <T> Outcome<T> outcome(Action<T> action) {
      try {
        return new Outcome<>(action.run(), null);
      } catch (Exception e) {
        return new Outcome<>(null, e);
      }
    }

    private <T> void same(String what, Outcome<T> mine, Outcome<T> his) {
      step += ", " + what;
      outcomes.merge(what + " " + mine.name(), 1, Integer::sum);
      assertThat(mine.name())
          .as("%s: we %s, Kafka %s", where(), mine.failure, his.failure)
          .isEqualTo(his.name());
      assertThat(mine.value).as(this::where).isEqualTo(his.value);
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
      ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
      return copy.put(bytes.duplicate()).flip();
    }

    private static byte[] bytes(LogRead read) {
      FileSlice slice = read.slice();
      if (slice == null) return new byte[0];
      try {
        return bytes(slice.channel(), slice.position(), slice.sizeBytes());
      } finally {
        slice.release();
      }
    }

    private static byte[] bytes(Records records) {
      if (records instanceof FileRecords file) {
        try {
          ByteBuffer bytes = ByteBuffer.allocate(file.sizeInBytes());
          file.readInto(bytes, 0);
          return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      }
      ByteBuffer bytes = ((MemoryRecords) records).buffer();
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      return copy;
    }

    private static byte[] bytes(FileChannel channel, long position, int size) {
      try {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
        return bytes.array();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private static List<String> described(byte[] bytes) {
      List<String> batches = new ArrayList<>();
      for (RecordBatch it : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
        batches.add(
            "%s %d records, horizon %s".formatted(it, it.countOrNull(), it.deleteHorizonMs()));
      }
      return batches;
    }

    private static int wholeBytes(byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      int at = 0;
      while (bytes.length - at >= 12) {
        int batch = buffer.getInt(at + 8) + 12;
        if (batch > bytes.length - at) break;
        at += batch;
      }
      return at;
    }

    @Override
    public void close() {
      logs.close();
      kafka.close();
      stats.close();
    }
  }

  /** Runs what our log hands over, but nothing periodic: those are steps of their own. */
  private record OnceThreads(ManualThreads threads) implements LogThreads {
    @Override
    public void execute(Runnable work) {
      threads.execute(work);
    }

    @Override
    public void flush(Runnable work) {
      threads.flush(work);
    }

    @Override
    public int flushThreads() {
      return threads.flushThreads();
    }

    @Override
    public void after(long delayMs, Runnable work) {
      threads.after(delayMs, work);
    }

    @Override
    public void every(long periodMs, Runnable work) {}

    @Override
    public void close() {
      threads.close();
    }
  }

  /** Runs at once what Kafka's log hands over, and never what it wants to be run periodically. */
  private static final class OnceScheduler implements Scheduler {
    @Override
    public void startup() {}

    @Override
    public void shutdown() {}

    @Override
    public void resizeThreadPool(int threads) {}

    @Override
    public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
      if (periodMs < 0) task.run();
      return new Done();
    }

    private static final class Done extends CompletableFuture<Void>
        implements ScheduledFuture<Void> {
      @Override
      public long getDelay(TimeUnit unit) {
        return 0;
      }

      @Override
      public int compareTo(Delayed other) {
        return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
      }
    }
  }
}
