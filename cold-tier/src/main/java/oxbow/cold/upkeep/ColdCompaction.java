package oxbow.cold.upkeep;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.TopicTiering.CompactionRules;
import oxbow.cold.file.ColdFile;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.CuttingFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.ColdTable.Compacted;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.RecordCutter;

/**
 * Compacts a partition's cold files as Kafka's cleaner compacts a log: finds the latest offset of
 * each key in the files that were not compacted yet, and writes every file anew that has a record
 * which one of those supersedes. Memory is that of the map: what does not fit is left to the next
 * round.
 *
 * <p>A tombstone goes in a round that begins {@code delete.retention.ms} after the one that took
 * out what it deletes; so do markers of transactions of which nothing is left. When that was is the
 * table's to know, not the batches': hot compaction stamps them, and knows nothing of older values
 * here. Used by one thread.
 */
public final class ColdCompaction {
  private static final Logger log = LoggerFactory.getLogger(ColdCompaction.class);

  /** How full the map may become: Kafka's default. */
  private static final double MAP_LOAD_MAX = 0.9;

  private static final int ENTRY_BYTES = 24;
  private static final int MAP_BYTES_LEAST = 64 << 10;

  /** Records with longer keys are left alone. */
  private static final int KEY_BYTES_MAX = 16 << 20;

  private final Rewriter rewriter;
  private final int mapBytesMax;
  private final UpkeepCounters counters;

  public ColdCompaction(Rewriter rewriter, int mapBytesMax, UpkeepCounters counters) {
    this.rewriter = rewriter;
    this.mapBytesMax = mapBytesMax;
    this.counters = counters;
  }

  /**
   * Does one round if the topic's rules ask for one; returns whether they may ask for another.
   *
   * @throws StoreException {@code EXISTS} if files were replaced meanwhile: what was done is right,
   *     and the round is begun anew some other time
   */
  public boolean round(
      TopicIdPartition partition,
      ColdTable table,
      Writers writers,
      CompactionRules rules,
      long nowMs)
      throws IOException, InterruptedException {
    List<ColdFile> files = table.replayed(partition.partition());
    if (files.isEmpty()) return false;
    List<Compacted> rounds = table.compacted().getOrDefault(partition.partition(), List.of());
    CompactionPlan plan = CompactionPlan.of(files, rounds, rules, nowMs);
    if (!plan.isDue()) return false;

    var latest = new Latest(map(files, plan));
    long end = latest.read(files, plan);
    int replaced = 0;
    long dropped;
    try (var filter = filter(latest, end, plan.settledEnd())) {
      for (ColdFile file : files) {
        if (file.baseOffset() >= end) break;
        Optional<ColdFile> now =
            rewriter.rewriteIfChanged(partition, List.of(file), table, writers, filter);
        if (now.isEmpty()) continue;
        replaced++;
        counters.compactedFiles.increment();
      }
      dropped = filter.droppedRecords();
    }
    table.compacted(partition.partition(), CompactionPlan.after(rounds, end, rules, nowMs));
    counters.compactedRecords.add(dropped);
    log.atDebug()
        .addKeyValue("partition", partition.topicPartition())
        .addKeyValue("endOffset", end)
        .addKeyValue("files", replaced)
        .addKeyValue("records", dropped)
        .log("cold files compacted");
    return end < plan.dirtyEnd();
  }

  /** Large enough for what the files may have, if that is little. */
  private OffsetMap map(List<ColdFile> files, CompactionPlan plan) {
    long records =
        files.stream()
            .filter(file -> file.endOffset() > plan.dirtyStart())
            .mapToLong(ColdFile::records)
            .sum();
    double bytes = ENTRY_BYTES * (records / MAP_LOAD_MAX + 2);
    try {
      return new SkimpyOffsetMap((int) Math.min(mapBytesMax, Math.max(MAP_BYTES_LEAST, bytes)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }

  /** The latest offset of each key in a part of the files. */
  private final class Latest {
    private final OffsetMap map;
    private final int keysMax;
    private long from;

    /** The map had no room for the record here; -1: it had for all. */
    private long fullAt = -1;

    Latest(OffsetMap map) {
      this.map = map;
      this.keysMax = Math.max(1, (int) (map.slots() * MAP_LOAD_MAX));
    }

    /** Returns up to where it came. */
    long read(List<ColdFile> files, CompactionPlan plan) throws InterruptedException {
      from = plan.dirtyStart();
      try (var reader = new RecordCutter(this::note, KEY_BYTES_MAX)) {
        for (ColdFile file : files) {
          if (file.endOffset() <= plan.dirtyStart()) continue;
          if (file.baseOffset() >= plan.dirtyEnd() || fullAt >= 0) break;
          boolean _ = rewriter.read(file, batches -> visit(batches, reader));
        }
      }
      return fullAt >= 0 ? fullAt : plan.dirtyEnd();
    }

    private boolean visit(ByteBuffer batches, RecordCutter reader) {
      for (int at = batches.position(); at < batches.limit() && fullAt < 0; ) {
        ByteBuffer batch = batches.slice(at, BatchView.sizeBytes(batches, at));
        at += batch.limit();
        if (BatchView.isControl(batch, 0)) continue;
        try {
          int _ = reader.count(batch);
        } catch (IOException _) {
          counters.uncompactedBatches.increment(); // what it supersedes stays
        }
      }
      return fullAt < 0;
    }

    private boolean note(long offset, @Nullable ByteBuffer key, boolean hasValue) {
      if (key == null || offset < from || fullAt >= 0) return false;
      if (map.size() >= keysMax) fullAt = offset;
      else put(key, offset);
      return false;
    }

    private void put(ByteBuffer key, long offset) {
      try {
        map.put(key, offset);
      } catch (DigestException e) {
        throw new IllegalStateException("keys are hashed by an algorithm that does not fail", e);
      }
    }

    /** -1: none of the key is in that part. */
    long of(ByteBuffer key) {
      try {
        return map.get(key);
      } catch (DigestException e) {
        throw new IllegalStateException("keys are hashed by an algorithm that does not fail", e);
      }
    }
  }

  private CuttingFilter filter(Latest latest, long end, long settledEnd) {
    var cutter =
        new RecordCutter(
            (offset, key, hasValue) -> {
              if (offset >= end) return false;
              if (key == null || offset < latest.of(key)) return true;
              return !hasValue && offset < settledEnd;
            },
            KEY_BYTES_MAX);
    return new Filter(cutter, end, settledEnd);
  }

  /** Takes out superseded records, and the markers that nothing is left for. */
  private static final class Filter extends CuttingFilter {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final long end;
    private final long settledEnd;

    /** Producers of which records were met since their last marker. */
    private final Set<Long> inTransaction = new HashSet<>();

    Filter(RecordCutter cutter, long end, long settledEnd) {
      super(cutter);
      this.end = end;
      this.settledEnd = settledEnd;
    }

    @Override
    protected ByteBuffer kept(ByteBuffer batch) {
      long producerId = BatchView.producerId(batch, 0);
      if (BatchView.isControl(batch, 0)) {
        boolean hasRecords = inTransaction.remove(producerId);
        boolean isSettled = BatchView.lastOffset(batch, 0) < settledEnd;
        return hasRecords || !isSettled ? batch : NOTHING;
      }
      if (BatchView.isTransactional(batch, 0)) inTransaction.add(producerId);
      ByteBuffer kept = cutIfReadable(batch);
      boolean isEmpty = BatchView.recordCount(kept, 0) == 0;
      return isEmpty && BatchView.lastOffset(batch, 0) < end ? NOTHING : kept;
    }

    private ByteBuffer cutIfReadable(ByteBuffer batch) {
      try {
        return cut(batch);
      } catch (java.io.UncheckedIOException _) {
        return batch; // counted when its keys were to be read
      }
    }
  }
}
