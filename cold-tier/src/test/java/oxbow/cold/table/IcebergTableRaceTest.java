package oxbow.cold.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.testing.InterleavedStore;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;
import oxbow.cold.testing.TestTables;
import oxbow.log.testing.ManualClock;

/**
 * Two writers that both believe to be leader, another engine and housekeeping work at one table
 * through a store that fails; any of them may act between any two requests of another. Each offset
 * must be in the table once.
 */
class IcebergTableRaceTest {
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final TableIdentifier ID = TableIdentifier.of("kafka", "orders");
  private static final int PARTITIONS = 3;

  /** Longer by hand: {@code -Dtable.race.steps=1000}. */
  private static final int STEPS = Integer.getInteger("table.race.steps", 50);

  private static final double OTHERS_TURN = 0.04;
  private static final Duration CLEAN_AGE = Duration.ofHours(6);

  private static final Map<StoreFault, Double> FAULTS =
      Map.of(
          StoreFault.BUSY,
          0.01,
          StoreFault.TIMED_OUT,
          0.01,
          StoreFault.LOST_REPLY,
          0.01,
          StoreFault.LATE,
          0.01,
          StoreFault.STALE_LISTING,
          0.01);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eachOffsetIsInTheTableOnce(long seed) {
    new Race(seed, false).run();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void eachOffsetIsInTheTableOnceThoughAnotherEngineRewritesFiles(long seed) {
    new Race(seed, true).run();
  }

  /** One run; one thread. */
  private static final class Race {
    private final long seed;
    private final Random random;
    private final ManualClock clock = new ManualClock(System.currentTimeMillis());
    private final MemoryObjectStore bucket = new MemoryObjectStore(clock);
    private final List<Actor> actors = new ArrayList<>();
    private final Set<String> acknowledged = new HashSet<>();
    private final boolean rewrites;
    private int depth;
    private int attempts;

    Race(long seed, boolean rewrites) {
      this.seed = seed;
      this.random = new Random(seed);
      this.rewrites = rewrites;
    }

    void run() {
      IcebergTable table = open(bucket);
      if (rewrites) table.allow(ForeignCommits.REPLACE);
      // Engines wait between their tries; here nobody has to.
      IcebergCatalog.open(bucket, clock)
          .loadTable(ID)
          .updateProperties()
          .set(TableProperties.COMMIT_MIN_RETRY_WAIT_MS, "1")
          .set(TableProperties.COMMIT_MAX_RETRY_WAIT_MS, "1")
          .commit();
      actors.add(new Writer("a"));
      actors.add(new Writer("b"));
      actors.add(new Engine());
      actors.add(new Housekeeper());
      bucket.failByChance(random, FAULTS);
      for (int step = 0; step < STEPS; step++) {
        clock.advance(random.nextInt(600_000));
        act(actors.get(random.nextInt(actors.size())));
      }
      bucket.heal();
      check(open(bucket));
    }

    private IcebergTable open(ObjectStore store) {
      return (IcebergTable)
          IcebergCatalog.open(store, clock)
              .findOrCreate("kafka", "orders", TOPIC, TableColumns.EMPTY, Partitioning.NONE);
    }

    /** Before any request of one actor, another may do all it wants. */
    private InterleavedStore interleaved() {
      return new InterleavedStore(
          bucket,
          () -> {
            if (depth > 1 || random.nextDouble() >= OTHERS_TURN) return;
            act(actors.get(random.nextInt(actors.size())));
          });
    }

    private void act(Actor actor) {
      if (actor.acts) return; // it is the one whose request this is, or waits for its own
      depth++;
      actor.acts = true;
      try {
        actor.act();
      } catch (StoreException e) {
        if (e.kind() == StoreException.Kind.CORRUPT) throw new AssertionError("seed " + seed, e);
      } finally {
        actor.acts = false;
        depth--;
      }
    }

    private void check(IcebergTable table) {
      Map<Integer, Long> ends = table.ends();
      Map<Integer, Long> starts = table.starts();
      Set<String> names = new HashSet<>(bucket.names());
      long rows = 0;
      for (int partition = 0; partition < PARTITIONS; partition++) {
        Map<Long, Long> ranges = new TreeMap<>();
        for (ColdFile file : table.files(partition)) {
          assertThat(names).as("seed %d", seed).contains(file.name());
          ranges.put(file.baseOffset(), file.endOffset());
          rows += file.records();
        }
        for (ColdTable.Rewritten range : table.rewritten(partition)) {
          assertThat(ranges.put(range.baseOffset(), range.endOffset())).isNull();
          assertThat(names).as("seed %d", seed).containsAll(range.names());
          rows += range.endOffset() - range.baseOffset();
        }
        long at = starts.getOrDefault(partition, 0L);
        long first = ranges.isEmpty() ? at : ranges.keySet().iterator().next();
        assertThat(first).as("seed %d", seed).isLessThanOrEqualTo(at);
        long next = first;
        for (var range : ranges.entrySet()) {
          assertThat(range.getKey()).as("seed %d: %s", seed, ranges).isEqualTo(next);
          next = range.getValue();
        }
        if (!ranges.isEmpty()) {
          assertThat(next).as("seed %d", seed).isEqualTo(ends.get(partition));
        }
      }
      assertThat(rowsThatEnginesSee()).as("seed %d", seed).isEqualTo(rows);
      assertThat(acknowledged).as("seed %d: some commits succeed", seed).hasSizeGreaterThan(10);
    }

    private long rowsThatEnginesSee() {
      Table table = IcebergCatalog.open(bucket, clock).loadTable(ID);
      long rows = 0;
      try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
        for (FileScanTask task : tasks) {
          if (!task.file().location().contains("foreign-rows")) rows += task.file().recordCount();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return rows;
    }

    private abstract static class Actor {
      boolean acts;

      abstract void act();
    }

    /** Believes to lead all partitions; asks the table again when it was wrong. */
    private final class Writer extends Actor {
      private final String name;
      private final Map<Integer, Long> ends = new HashMap<>();
      private final InterleavedStore store = interleaved();
      private Optional<IcebergTable> table = Optional.empty();

      Writer(String name) {
        this.name = name;
      }

      @Override
      void act() {
        if (table.isEmpty() || random.nextInt(20) == 0) table = Optional.of(open(store));
        IcebergTable mine = table.get();
        try {
          append(mine);
        } catch (StoreException e) {
          if (e.kind() == StoreException.Kind.EXISTS
              || e.kind() == StoreException.Kind.OUTCOME_UNKNOWN) {
            ends.clear();
            ends.putAll(mine.ends());
          } else {
            throw e;
          }
        }
      }

      private void append(IcebergTable mine) {
        List<NewFile> files = new ArrayList<>();
        Map<Integer, Long> expected = new HashMap<>();
        Map<Integer, Long> next = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
          if (random.nextBoolean()) continue;
          long end = ends.getOrDefault(partition, 0L);
          long nextEnd = end + 1 + random.nextInt(20);
          String attempt = name + attempts++;
          files.add(TestTables.upload(store, mine, TOPIC, partition, end, nextEnd, attempt));
          if (ends.containsKey(partition)) expected.put(partition, end);
          next.put(partition, nextEnd);
        }
        if (files.isEmpty()) return;
        mine.append(files, expected);
        ends.putAll(next);
        for (NewFile file : files) {
          assertThat(acknowledged.add(file.file().partition() + ":" + file.file().baseOffset()))
              .as("seed %d: %s was taken twice", seed, file)
              .isTrue();
        }
      }
    }

    /** Plain Iceberg, as Spark would use it through the catalog. */
    private final class Engine extends Actor {
      private final InterleavedStore store = interleaved();

      @Override
      void act() {
        try {
          Table table = IcebergCatalog.open(store, clock).loadTable(ID);
          switch (random.nextInt(rewrites ? 4 : 3)) {
            case 0 -> appendRows(table);
            case 1 ->
                table
                    .expireSnapshots()
                    .expireOlderThan(clock.millis() + 1_000_000)
                    .retainLast(2)
                    .planWith(CallersThread.INSTANCE)
                    .executeDeleteWith(CallersThread.INSTANCE)
                    .commit();
            case 2 -> {
              if (table.currentSnapshot() == null) return;
              commit(table.rewriteManifests().rewriteIf(_ -> true));
            }
            default -> rewrite(table);
          }
        } catch (CommitFailedException
            | CommitStateUnknownException
            | NotFoundException
            | ValidationException _) {
          // It lost the race, or what it had read is gone: engines try again.
        }
      }

      private static <T extends SnapshotUpdate<T>> void commit(T update) {
        update
            .scanManifestsWith(CallersThread.INSTANCE)
            .writeManifestsWith(CallersThread.INSTANCE, 1)
            .commit();
      }

      private void appendRows(Table table) {
        DataFile rows =
            DataFiles.builder(table.specs().get(0))
                .withPath(table.location() + "/data/foreign-rows-" + attempts++ + ".parquet")
                .withFileSizeInBytes(10)
                .withRecordCount(1)
                .withPartitionValues(List.of("0"))
                .build();
        store.put(name(rows), ByteBuffer.allocate(10));
        commit(table.newAppend().appendFile(rows));
      }

      /** Puts all that lies in two neighbours of one partition into one file. */
      private void rewrite(Table table) {
        int partition = random.nextInt(PARTITIONS);
        List<DataFile> chosen = new ArrayList<>();
        try (CloseableIterable<FileScanTask> tasks =
            table.newScan().includeColumnStats().planFiles()) {
          for (FileScanTask task : tasks) {
            boolean isOfPartition = task.file().partition().get(0, Integer.class) == partition;
            boolean isRows = task.file().location().contains("foreign-rows");
            if (isOfPartition && !isRows && chosen.size() < 2) chosen.add(task.file().copy());
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        if (chosen.size() < 2 || bound(chosen.get(0), true) != bound(chosen.get(1), false)) return;
        DataFile merged = merged(table, partition, chosen);
        store.put(name(merged), ByteBuffer.allocate(10));
        RewriteFiles rewrite = table.newRewrite();
        chosen.forEach(rewrite::deleteFile);
        commit(rewrite.addFile(merged));
      }

      private DataFile merged(Table table, int partition, List<DataFile> chosen) {
        long records = chosen.get(0).recordCount() + chosen.get(1).recordCount();
        var ids = Map.of(SystemColumns.PARTITION.id(), records, SystemColumns.OFFSET.id(), records);
        var lower =
            Map.of(
                SystemColumns.PARTITION.id(),
                TestTables.int32(partition),
                SystemColumns.OFFSET.id(),
                TestTables.int64(bound(chosen.get(0), false)));
        var upper =
            Map.of(
                SystemColumns.PARTITION.id(),
                TestTables.int32(partition),
                SystemColumns.OFFSET.id(),
                TestTables.int64(bound(chosen.get(1), true) - 1));
        return DataFiles.builder(table.specs().get(0))
            .withPath(table.location() + "/data/rewritten-" + attempts++ + ".parquet")
            .withFileSizeInBytes(10)
            .withPartitionValues(List.of(Integer.toString(partition)))
            .withMetrics(new Metrics(records, ids, ids, Map.of(), Map.of(), lower, upper))
            .build();
      }

      /** Where a file's offsets begin, or end. */
      private static long bound(DataFile file, boolean isEnd) {
        var bounds = isEnd ? file.upperBounds() : file.lowerBounds();
        long offset =
            Conversions.fromByteBuffer(Types.LongType.get(), bounds.get(SystemColumns.OFFSET.id()));
        return isEnd ? offset + 1 : offset;
      }

      private String name(DataFile file) {
        String root = bucket.location("x");
        return file.location().substring(root.length() - 1);
      }
    }

    /** Merges, expires and cleans, as upkeep does. */
    private final class Housekeeper extends Actor {
      private final InterleavedStore store = interleaved();

      @Override
      void act() {
        IcebergTable table = open(store);
        int partition = random.nextInt(PARTITIONS);
        switch (random.nextInt(5)) {
          case 0, 1 -> merge(table, partition);
          case 2 -> {
            List<ColdFile> files = table.files(partition);
            if (files.size() > 6) table.expire(partition, files.get(1).endOffset());
          }
          case 3 -> table.expireSnapshots(clock.instant(), 2);
          default -> table.clean(CLEAN_AGE);
        }
      }

      private void merge(IcebergTable table, int partition) {
        List<ColdFile> files = table.files(partition);
        if (files.size() < 2) return;
        int at = random.nextInt(files.size() - 1);
        ColdFile first = files.get(at);
        ColdFile second = files.get(at + 1);
        if (first.endOffset() != second.baseOffset()) return;
        NewFile merged =
            TestTables.upload(
                store,
                table,
                TOPIC,
                partition,
                first.baseOffset(),
                second.endOffset(),
                "merge" + attempts++);
        table.replace(List.of(first, second), List.of(merged));
      }
    }
  }
}
