package oxbow.cold.upkeep;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.NewFile;
import oxbow.cold.offload.Writers;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;

/**
 * Makes one file of several neighbours: their batches, brought back and written anew, in the
 * columns the table has now. Readers of the old ones go on until those are cleaned away.
 */
public final class Merger {
  private static final int READ_BYTES = 4 << 20;

  private final ObjectStore store;
  private final Readers readers;
  private final Budget budget;

  /** Opens a file past all caches: nobody else wants what is read here. */
  public interface Readers {
    ColdFileReader open(ColdFile file);
  }

  /** Slows this work down to what it may take. */
  public interface Budget {
    void spend(long bytes) throws InterruptedException;
  }

  public Merger(ObjectStore store, Readers readers, Budget budget) {
    this.store = store;
    this.readers = readers;
    this.budget = budget;
  }

  /**
   * Merges neighbours; returns the file that took their place.
   *
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if one of them was replaced meanwhile
   */
  ColdFile merge(TopicIdPartition partition, List<ColdFile> files, ColdTable table, Writers writers)
      throws IOException, InterruptedException {
    try (ColdFileWriter writer = writers.open(partition)) {
      for (ColdFile file : files) copy(file, writer);
      ColdFile unnamed = writer.finish("", files.getLast().endOffset());
      checkWhole(files, unnamed);
      writers.verify(unnamed, writer.path());
      ColdFile merged = unnamed.named(table.name(unnamed, writers.attempt(partition)));
      store.put(merged.name(), writer.path());
      table.replace(files, List.of(new NewFile(merged, writer.metrics())));
      return merged;
    }
  }

  /** No file takes the place of others that holds less than they did. */
  private static void checkWhole(List<ColdFile> files, ColdFile merged) {
    long records = files.stream().mapToLong(ColdFile::records).sum();
    boolean isWhole =
        merged.records() == records && merged.baseOffset() == files.getFirst().baseOffset();
    if (isWhole) return;
    throw new StoreException(
        StoreException.Kind.CORRUPT, records + " records of " + files + " became " + merged);
  }

  private void copy(ColdFile file, ColdFileWriter writer) throws IOException, InterruptedException {
    ColdFileReader reader = readers.open(file);
    for (long offset = file.baseOffset(); offset < file.endOffset(); ) {
      ByteBuffer batches = reader.read(offset, READ_BYTES);
      if (!batches.hasRemaining()) return;
      budget.spend(batches.remaining());
      long next = Batches.endOffset(batches);
      writer.add(batches, offset, List.of());
      offset = next;
    }
  }
}
