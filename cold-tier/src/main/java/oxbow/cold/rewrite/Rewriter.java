package oxbow.cold.rewrite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.NewFile;
import oxbow.cold.offload.Uploads;
import oxbow.cold.offload.Writers;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;

/**
 * Puts one file in the place of neighbours: their batches, brought back and written anew, in the
 * columns the table has now. Readers of the old ones go on until those are cleaned away.
 *
 * <pre>
 *   old files --read--> filter --write--> local file --verify, upload--> table.replace
 *                                                         gone again if that is refused
 * </pre>
 */
public final class Rewriter {
  private static final Logger log = LoggerFactory.getLogger(Rewriter.class);
  private static final int READ_BYTES = 4 << 20;
  private static final ByteBuffer NO_BATCHES = ByteBuffer.allocate(0);

  private final ObjectStore store;
  private final Readers readers;
  private final Budget budget;
  private final Uploads uploads;

  /** Opens a file past all caches: nobody else wants what is read here. */
  public interface Readers {
    ColdFileReader open(ColdFile file);
  }

  /** Slows this work down to what it may take. */
  public interface Budget {
    void spend(long bytes) throws InterruptedException;
  }

  /** What looks at batches. */
  public interface Visitor {
    /**
     * Looks at some.
     *
     * @param batches whole ones in offset order, in a buffer that nobody else has
     * @return whether to go on
     */
    boolean visit(ByteBuffer batches);
  }

  public Rewriter(ObjectStore store, Readers readers, Budget budget, Uploads uploads) {
    this.store = store;
    this.readers = readers;
    this.budget = budget;
    this.uploads = uploads;
  }

  /**
   * Writes neighbours anew as one file, and puts it in their place.
   *
   * @param files of one partition, each of which begins where the one ahead of it ends
   * @throws StoreException {@code EXISTS} if one of them was replaced meanwhile
   */
  public ColdFile rewrite(
      TopicIdPartition partition,
      List<ColdFile> files,
      ColdTable table,
      Writers writers,
      BatchFilter filter)
      throws IOException, InterruptedException {
    return rewrite(partition, files, table, writers, filter, false).orElseThrow();
  }

  /**
   * The same, unless the filter leaves everything as it is.
   *
   * @return empty: the old files stay
   */
  public Optional<ColdFile> rewriteIfChanged(
      TopicIdPartition partition,
      List<ColdFile> files,
      ColdTable table,
      Writers writers,
      BatchFilter filter)
      throws IOException, InterruptedException {
    return rewrite(partition, files, table, writers, filter, true);
  }

  private Optional<ColdFile> rewrite(
      TopicIdPartition partition,
      List<ColdFile> files,
      ColdTable table,
      Writers writers,
      BatchFilter filter,
      boolean isChangeWanted)
      throws IOException, InterruptedException {
    Lock shared = uploads.shared(partition.topicId());
    shared.lockInterruptibly();
    try (ColdFileWriter writer = writers.open(partition)) {
      long droppedBefore = filter.droppedRecords();
      Copied copied = new Copied();
      for (ColdFile file : files) copy(file, writer, filter, copied);
      if (isChangeWanted && !copied.isChanged) return Optional.empty();
      ColdFile finished = writer.finish("", files.getLast().endOffset());
      checkWhole(files, finished, filter.droppedRecords() - droppedBefore);
      writers.verify(finished, writer.path());
      ColdFile unnamed = finished.comingFrom(files.getLast().leaderEpoch(), copied.logBytes(files));
      ColdFile now = unnamed.named(table.name(unnamed, writers.attempt(partition)));
      store.put(now.name(), writer.path());
      swap(table, files, new NewFile(now, writer.metrics()));
      return Optional.of(now);
    } finally {
      shared.unlock();
    }
  }

  /** How much was read and how much of it went on. */
  private static final class Copied {
    long readBytes;
    long keptBytes;
    boolean isChanged;

    /** What the batches took in the log, where they may have been compressed. */
    long logBytes(List<ColdFile> files) {
      long before = files.stream().mapToLong(ColdFile::logBytes).sum();
      return readBytes == keptBytes ? before : (long) (before * ((double) keptBytes / readBytes));
    }
  }

  @SuppressWarnings("ReferenceEquality") // what a filter leaves as it is, it hands back
  private void copy(ColdFile file, ColdFileWriter writer, BatchFilter filter, Copied copied)
      throws IOException, InterruptedException {
    writer.add(NO_BATCHES, file.baseOffset(), List.of()); // its range counts, whatever is in it
    try (ColdFileReader.Cursor cursor = readers.open(file).open(file.baseOffset())) {
      for (ByteBuffer batches = cursor.next(READ_BYTES);
          batches.hasRemaining();
          batches = cursor.next(READ_BYTES)) {
        budget.spend(batches.remaining());
        copied.readBytes += batches.remaining();
        ByteBuffer kept = filter.apply(batches);
        copied.keptBytes += kept.remaining();
        copied.isChanged |= kept != batches;
        writer.add(kept, file.baseOffset(), List.of());
      }
    }
  }

  /** No file takes the place of others that holds less than it has to. */
  private static void checkWhole(List<ColdFile> files, ColdFile now, long dropped) {
    long records = files.stream().mapToLong(ColdFile::records).sum() - dropped;
    boolean isWhole = now.records() == records && now.baseOffset() == files.getFirst().baseOffset();
    if (isWhole) return;
    throw new StoreException(
        StoreException.Kind.CORRUPT,
        records + " records of " + files + ", but for " + dropped + " dropped, became " + now);
  }

  private void swap(ColdTable table, List<ColdFile> old, NewFile now) {
    try {
      long _ = table.replace(old, List.of(now));
    } catch (StoreException e) {
      // With an unknown outcome it may be in the table yet: cleaning will tell.
      if (e.kind() != StoreException.Kind.OUTCOME_UNKNOWN) remove(table, now.file());
      throw e;
    }
  }

  private static void remove(ColdTable table, ColdFile file) {
    try {
      Set<String> _ = table.purge(List.of(file.name()));
    } catch (StoreException e) {
      log.atDebug()
          .addKeyValue("file", file.name())
          .addKeyValue("reason", e.getMessage())
          .log("a file that is of no use stays until the bucket is cleaned");
    }
  }

  /** Shows the batches of a file, each compared with its checksum; false: not all were wanted. */
  public boolean read(ColdFile file, Visitor visitor) throws InterruptedException {
    try (ColdFileReader.Cursor cursor = readers.open(file).open(file.baseOffset())) {
      for (ByteBuffer batches = cursor.next(READ_BYTES);
          batches.hasRemaining();
          batches = cursor.next(READ_BYTES)) {
        budget.spend(batches.remaining());
        if (!visitor.visit(batches)) return false;
      }
    }
    return true;
  }
}
