package oxbow.cold.erase;

import static oxbow.cold.store.StoreException.Kind.CORRUPT;
import static oxbow.cold.store.StoreException.Kind.EXISTS;
import static oxbow.cold.store.StoreException.Kind.NOT_FOUND;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.erase.EraseReport.Proof;
import oxbow.cold.erase.EraseReport.Replaced;
import oxbow.cold.erase.EraseReport.State;
import oxbow.cold.file.ColdFile;
import oxbow.cold.offload.Uploads;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.CuttingFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.ColdTable.Forgotten;
import oxbow.log.LogException;
import oxbow.log.SealedSegments;
import oxbow.log.SealedSegments.Erased;
import oxbow.log.batch.RecordCutter;

/**
 * Takes the records of some keys out of a topic, everywhere. Each step may be repeated, and none is
 * remembered: an erasure that was cut short is asked for again and finds what is left.
 *
 * <pre>
 *   log        segments written anew without the records
 *   --         whatever read the log or a file before has its file in the table, or never will
 *   cold       files with such records replaced, until all that the table has was read and is clean
 *   past       nobody writes now: old snapshots forgotten, and every object deleted that is not the
 *              table's
 *   proof      log and files read back
 * </pre>
 */
public final class Eraser {
  private static final Logger log = LoggerFactory.getLogger(Eraser.class);

  private final SealedSegments segments;
  private final Tables tables;
  private final Rewriter rewriter;
  private final SealedSegments.Budget budget;
  private final Uploads uploads;
  private final Consumer<TopicIdPartition> onChange;
  private final InstantSource clock;

  /** Opens what is worked on. May wait for the store. */
  public interface Tables {
    /** Empty: nothing of the topic is in the cold tier. */
    Optional<ColdTable> table(Uuid topicId, String topic);

    Writers writers(TopicIdPartition partition);
  }

  /**
   * @param onChange told each partition whose files are other ones now, and of which nothing that
   *     was read before is to be served any more
   */
  public Eraser(
      SealedSegments segments,
      Tables tables,
      Rewriter rewriter,
      SealedSegments.Budget budget,
      Uploads uploads,
      Consumer<TopicIdPartition> onChange,
      InstantSource clock) {
    this.segments = segments;
    this.tables = tables;
    this.rewriter = rewriter;
    this.budget = budget;
    this.uploads = uploads;
    this.onChange = onChange;
    this.clock = clock;
  }

  /**
   * Erases, and ends the order one way or another.
   *
   * @param partitions all of one topic that are led here
   */
  public void run(Erasure order, List<TopicIdPartition> partitions) {
    try (var work = new Work(order, partitions)) {
      work.run();
    } catch (InterruptedException e) {
      order.end(State.STOPPED, clock.instant());
    } catch (IOException | RuntimeException | Error e) {
      log.atWarn()
          .addKeyValue("topic", partitions.getFirst().topic())
          .setCause(e)
          .log("keys were not erased in full");
      order.problem(String.valueOf(e.getMessage()));
      order.end(State.INCOMPLETE, clock.instant());
    }
  }

  /** One order. */
  private final class Work implements AutoCloseable {
    private final Erasure order;
    private final List<TopicIdPartition> partitions;
    private final TopicIdPartition any;

    /** How many records of each file have one of the keys; files never change. */
    private final Map<String, Long> known = new HashMap<>();

    /** Counts, of the partition in work. */
    private final RecordCutter counter;

    private long endOffset;

    Work(Erasure order, List<TopicIdPartition> partitions) {
      this.order = order;
      this.partitions = partitions;
      this.any = partitions.getFirst();
      this.counter = cutter();
    }

    private RecordCutter cutter() {
      return new RecordCutter(
          (offset, key, _) -> offset < endOffset && key != null && order.keys().contains(key),
          order.keys().bytesMax());
    }

    void run() throws IOException, InterruptedException {
      for (TopicIdPartition partition : partitions) eraseFromLog(partition);
      Optional<ColdTable> table = tableAfterUploads();
      if (table.isPresent()) eraseFromCold(table.get());
      prove(table);
      log.atInfo()
          .addKeyValue("topic", any.topic())
          .addKeyValue("keys", order.keys().count())
          .addKeyValue("state", order.report().state())
          .log("keys erased");
    }

    private void eraseFromLog(TopicIdPartition partition) throws InterruptedException {
      Erased erased =
          segments
              .erase(partition, order.keys(), budget)
              .orElseThrow(() ->
                  new LogException(LogException.Kind.CLOSED, partition + " is not here any more"));
      order.fromLog(partition.partition(), erased);
    }

    /** A file that was begun before the log was clean is in the table after this, or nowhere. */
    private Optional<ColdTable> tableAfterUploads() {
      Lock alone = uploads.alone(any.topicId());
      alone.lock();
      try {
        return tables.table(any.topicId(), any.topic());
      } finally {
        alone.unlock();
      }
    }

    private void eraseFromCold(ColdTable table) throws IOException, InterruptedException {
      boolean isClean = false;
      while (!isClean) {
        for (TopicIdPartition partition : partitions) {
          while (!eraseFromFiles(partition, table)) {
            // Somebody replaced some of them meanwhile: those that did are looked at, too.
          }
        }
        lookAtPast(table);
        isClean = !order.hasFoundAny() || forgetPast(table);
      }
      partitions.forEach(onChange);
    }

    /** Returns whether all that the table has of a partition is clean. */
    private boolean eraseFromFiles(TopicIdPartition partition, ColdTable table)
        throws IOException, InterruptedException {
      int index = partition.partition();
      endOffset = order.endOffset(index);
      for (ColdFile file : table.replayed(index)) {
        try {
          if (!known.containsKey(file.name())) {
            known.put(file.name(), count(file));
            order.readCold(index);
          }
          long records = known.getOrDefault(file.name(), 0L);
          if (records > 0 && !isErased(partition, table, file, records)) return false;
        } catch (StoreException e) {
          if (e.kind() != EXISTS && e.kind() != NOT_FOUND) throw e;
          return false;
        }
      }
      return table.replayed(index).stream().allMatch(file -> known.containsKey(file.name()));
    }

    private boolean isErased(
        TopicIdPartition partition, ColdTable table, ColdFile file, long records)
        throws IOException, InterruptedException {
      try (var filter = CuttingFilter.keepingHeaders(cutter())) {
        ColdFile now =
            rewriter.rewrite(partition, List.of(file), table, tables.writers(partition), filter);
        if (filter.droppedRecords() != records) {
          throw new StoreException(
              CORRUPT,
              file.name()
                  + " had "
                  + records
                  + " records to be erased, and then "
                  + filter.droppedRecords());
        }
        known.put(now.name(), 0L);
        order.replaced(partition.partition(), new Replaced(file.name(), now.name(), records));
        onChange.accept(partition);
        return true;
      }
    }

    /** Files that the current table does not have: of old snapshots, or of nobody. */
    private void lookAtPast(ColdTable table) throws InterruptedException {
      for (TopicIdPartition partition : partitions) {
        endOffset = order.endOffset(partition.partition());
        for (ColdFile file : table.past(partition.partition())) {
          if (known.containsKey(file.name())) continue;
          long records;
          try {
            records = count(file);
          } catch (StoreException e) {
            if (e.kind() == NOT_FOUND) continue; // cleaned meanwhile
            if (e.kind() != CORRUPT) throw e;
            records = 1; // nobody can tell: it goes like one that has some
          }
          known.put(file.name(), records);
          order.foundInPast(records);
        }
      }
      if (table.hasForeignPast()) order.foundInPast(1); // not looked at, and taken for one of ours
    }

    /**
     * Leaves nothing but what the table has now; returns false if that is not all clean. What is
     * written meanwhile waits.
     */
    private boolean forgetPast(ColdTable table) {
      Lock alone = uploads.alone(any.topicId());
      alone.lock();
      try {
        for (TopicIdPartition partition : partitions) {
          for (ColdFile file : table.replayed(partition.partition())) {
            if (known.getOrDefault(file.name(), 1L) > 0) return false;
          }
        }
        Set<Integer> indexes = new HashSet<>();
        for (TopicIdPartition partition : partitions) indexes.add(partition.partition());
        Forgotten forgotten = table.forgetPast(indexes);
        order.forgot(forgotten.snapshots(), forgotten.references(), forgotten.objects());
        return true;
      } finally {
        alone.unlock();
      }
    }

    private long count(ColdFile file) throws InterruptedException {
      long[] records = new long[1];
      boolean _ =
          rewriter.read(
              file,
              batches -> {
                records[0] += CuttingFilter.count(batches, counter);
                return true;
              });
      return records[0];
    }

    // Proof.

    private void prove(Optional<ColdTable> table) throws InterruptedException {
      int logSegments = 0;
      long logBytes = 0;
      int files = 0;
      long bytes = 0;
      long records = 0;
      List<String> left = new ArrayList<>();
      for (TopicIdPartition partition : partitions) {
        int index = partition.partition();
        endOffset = order.endOffset(index);
        Optional<Erased> found = segments.find(partition, order.keys(), endOffset, budget);
        if (found.isPresent()) {
          logSegments += found.get().segments();
          logBytes += found.get().readBytes();
          records += found.get().records();
          if (found.get().filesLeft() > 0) {
            left.add(found.get().filesLeft() + " deleted segments of partition " + index);
          }
        }
        if (table.isEmpty()) continue;
        for (ColdFile file : filesThatStay(table.get(), index)) {
          files++;
          bytes += file.bytes();
          records += known.getOrDefault(file.name(), 0L);
        }
        for (ColdFile file : table.get().past(index)) {
          if (known.getOrDefault(file.name(), 0L) > 0) left.add(file.name());
        }
      }
      order.proved(new Proof(logSegments, logBytes, files, bytes, records, left), clock.instant());
    }

    /** Reads a partition's files anew; one that is replaced meanwhile is read in its new form. */
    private List<ColdFile> filesThatStay(ColdTable table, int index) throws InterruptedException {
      Set<String> read = new HashSet<>();
      while (true) {
        List<ColdFile> files = table.replayed(index);
        boolean isWhole = true;
        for (ColdFile file : files) {
          if (!read.add(file.name())) continue;
          try {
            known.put(file.name(), count(file));
          } catch (StoreException e) {
            if (e.kind() != NOT_FOUND) throw e;
            isWhole = false;
          }
        }
        if (isWhole) return files;
      }
    }

    @Override
    public void close() {
      counter.close();
    }
  }
}
