package oxbow.cold;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;

/**
 * Writes a topic's files anew in the columns that the table has now: those with records whose
 * schema has come since, or all. Their batches stay what they were, byte for byte, and each new
 * file takes the old one's place in a commit of its own: whatever ends it, what is done is done,
 * and what isn't stays as it was. Runs on a thread of its own; anybody may ask how far it is.
 */
public final class Retyping {
  private static final int ATTEMPTS_MAX = 3;
  private static final int PROBLEMS_MAX = 100;

  private final String id;
  private final boolean isAll;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final List<String> problems = new ArrayList<>();
  private State state = State.RUNNING;
  private int files;
  private int filesDone;
  private int filesRetyped;
  private long records;
  private long bytes;
  private int problemCount;

  /** How far it is. */
  public enum State {
    RUNNING,
    /** Every file is looked at. */
    DONE,
    /** Some stayed as they were. */
    FAILED,
    /** It did not get to the end. */
    STOPPED
  }

  /**
   * What was done so far.
   *
   * @param filesDone looked at, of those there were at the start
   * @param filesRetyped written anew
   * @param records in these
   * @param bytes of these
   * @param problems in words; of very many the first ones
   */
  public record Report(
      String id,
      State state,
      int files,
      int filesDone,
      int filesRetyped,
      long records,
      long bytes,
      int problemCount,
      List<String> problems) {}

  /** A topic's partition, and what its files are read and written with. */
  interface Partition {
    TopicIdPartition id();

    /** Its files now. */
    List<ColdFile> files();

    /** Whether a file's records would find columns that they didn't find before. */
    boolean isBetter(IndexedFileReader file);

    Writers writers();

    /** Puts a file in the place of another. */
    ColdFile rewrite(ColdFile file, Writers writers) throws IOException, InterruptedException;
  }

  Retyping(String id, boolean isAll) {
    this.id = id;
    this.isAll = isAll;
  }

  public synchronized Report report() {
    return new Report(
        id,
        state,
        files,
        filesDone,
        filesRetyped,
        records,
        bytes,
        problemCount,
        List.copyOf(problems));
  }

  /** Ends it before the next file. */
  void stop() {
    stopped.countDown();
  }

  void run(List<Partition> partitions, Rewriter.Readers readers) {
    try {
      begin(partitions.stream().mapToInt(one -> one.files().size()).sum());
      for (Partition partition : partitions) {
        if (!run(partition, readers)) {
          end(State.STOPPED);
          return;
        }
      }
      end(report().problemCount() == 0 ? State.DONE : State.FAILED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(State.STOPPED);
    }
  }

  /**
   * Goes from offset to offset, since others may replace files meanwhile; false: it was stopped.
   */
  private boolean run(Partition partition, Rewriter.Readers readers) throws InterruptedException {
    long at = Long.MIN_VALUE;
    while (true) {
      if (stopped.getCount() == 0) return false;
      Optional<ColdFile> next = next(partition, at);
      if (next.isEmpty()) return true;
      ColdFile file = next.get();
      at = file.endOffset();
      try {
        if (isWorthIt(partition, readers.open(file))) retype(partition, file);
      } catch (IOException | RuntimeException e) {
        problem(file, String.valueOf(e.getMessage()));
      }
      done();
    }
  }

  private static Optional<ColdFile> next(Partition partition, long at) {
    return partition.files().stream().filter(file -> file.endOffset() > at).findFirst();
  }

  private boolean isWorthIt(Partition partition, ColdFileReader reader) {
    if (isAll) return true;
    // What another engine wrote has the columns that the table had then.
    if (reader.file().format() == ColdFormat.FOREIGN) return false;
    return reader instanceof IndexedFileReader file && partition.isBetter(file);
  }

  private void retype(Partition partition, ColdFile file) throws IOException, InterruptedException {
    ColdFile now = file;
    Writers writers = partition.writers();
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        now = partition.rewrite(now, writers);
      } catch (StoreException e) {
        if (!isReplaced(e)) throw e;
        // Somebody else replaced it meanwhile, perhaps by a larger one; or we did.
        Optional<ColdFile> other = next(partition, file.baseOffset());
        if (other.isEmpty() || attempt == ATTEMPTS_MAX) throw e;
        now = other.get();
        continue;
      }
      if (!writers.hasLearned()) break; // else its columns are there the next time
    }
    retyped(now);
  }

  private static boolean isReplaced(StoreException failure) {
    return failure.kind() == StoreException.Kind.EXISTS
        || failure.kind() == StoreException.Kind.OUTCOME_UNKNOWN;
  }

  private synchronized void begin(int count) {
    files = count;
  }

  private synchronized void done() {
    filesDone++;
  }

  private synchronized void retyped(ColdFile file) {
    filesRetyped++;
    records += file.records();
    bytes += file.bytes();
  }

  private synchronized void problem(ColdFile file, String what) {
    problemCount++;
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(
          "partition " + file.partition() + " from offset " + file.baseOffset() + ": " + what);
    }
  }

  private synchronized void end(State last) {
    state = last;
  }

  /** Ends it because files can't even be listed. */
  synchronized void failed(RuntimeException failure) {
    problemCount++;
    problems.add(String.valueOf(failure.getMessage()));
    state = State.FAILED;
  }
}
