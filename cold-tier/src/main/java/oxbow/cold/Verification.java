package oxbow.cold;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;
import oxbow.cold.upkeep.Pace;
import oxbow.log.batch.BatchView;

/**
 * Reads files back as their records are replayed, every batch of them, and compares each with the
 * checksum that the log had for it, the files' offsets with each other, and their rows with what
 * the table says. Runs on a thread of its own; anybody may ask how far it is.
 */
public final class Verification {
  private static final int READ_BYTES = 4 << 20;
  private static final int PROBLEMS_MAX = 100;

  private final String id;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final List<String> problems = new ArrayList<>();
  private State state = State.RUNNING;
  private int files;
  private int filesDone;
  private long bytesDone;
  private long batches;
  private long records;
  private int problemCount;
  private int unreadCount;

  /** How far it is. */
  public enum State {
    RUNNING,
    /** Everything is as it was written. */
    GOOD,
    /** Something is not. */
    BAD,
    /** Something could not be read now, and nothing that was read is wrong. */
    INCOMPLETE,
    /** It did not get to the end. */
    STOPPED
  }

  /**
   * What was found so far.
   *
   * @param problems in words; of very many the first ones
   */
  public record Report(
      String id,
      State state,
      int files,
      int filesDone,
      long bytesDone,
      long batches,
      long records,
      int problemCount,
      List<String> problems) {}

  Verification(String id) {
    this.id = id;
  }

  public synchronized Report report() {
    return new Report(
        id,
        state,
        files,
        filesDone,
        bytesDone,
        batches,
        records,
        problemCount,
        List.copyOf(problems));
  }

  /** Ends it before the next batches. */
  void stop() {
    stopped.countDown();
  }

  /** Verifies the files of some partitions, each in the order of their offsets. */
  void run(List<List<ColdFile>> partitions, Rewriter.Readers readers, Pace pace) {
    add(partitions.stream().mapToInt(List::size).sum());
    for (List<ColdFile> one : partitions) {
      long end = -1;
      for (ColdFile file : one) {
        if (file.baseOffset() < end) problem(file, "begins before the one ahead of it ends");
        end = file.endOffset();
        try {
          if (!read(file, readers, pace)) {
            end(State.STOPPED);
            return;
          }
        } catch (RuntimeException e) {
          problem(file, String.valueOf(e.getMessage()));
          if (isPassing(e)) unread();
        }
        done(file);
      }
    }
    end(outcome());
  }

  /** A store that is away, or lets nobody in, says nothing of the files. */
  private static boolean isPassing(RuntimeException failure) {
    return failure instanceof StoreException known && known.isOfAllCalls();
  }

  private synchronized void unread() {
    unreadCount++;
  }

  private synchronized State outcome() {
    if (problemCount == 0) return State.GOOD;
    return problemCount == unreadCount ? State.INCOMPLETE : State.BAD;
  }

  /** Returns whether it came to the file's end. */
  private boolean read(ColdFile file, Rewriter.Readers readers, Pace pace) {
    ColdFileReader reader = readers.open(file);
    long rows = 0;
    long next = file.baseOffset();
    try (ColdFileReader.Cursor cursor = reader.open(file.baseOffset())) {
      for (ByteBuffer found = cursor.next(READ_BYTES);
          found.hasRemaining();
          found = cursor.next(READ_BYTES)) {
        if (stopped.getCount() == 0) return false;
        pace.spend(found.remaining());
        for (int at = 0; at < found.limit(); at += BatchView.sizeBytes(found, at)) {
          long last = BatchView.lastOffset(found, at);
          if (last < next) problem(file, "goes back from offset " + next + " to " + last);
          next = last + 1;
          boolean isControl = BatchView.isControl(found, at);
          if (!isControl) rows += BatchView.recordCount(found, at);
          count(isControl ? 0 : BatchView.recordCount(found, at));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    // What others wrote may be shared by several ranges.
    if (rows != file.records() && file.format() != ColdFormat.FOREIGN) {
      problem(file, "has " + rows + " records, " + file.records() + " in the table");
    }
    if (next > file.endOffset()) problem(file, "goes on beyond its end, to offset " + next);
    return true;
  }

  private synchronized void add(int count) {
    files = count;
  }

  private synchronized void count(int count) {
    batches++;
    records += count;
  }

  private synchronized void done(ColdFile file) {
    filesDone++;
    bytesDone += file.bytes();
  }

  private synchronized void problem(ColdFile file, String what) {
    problemCount++;
    if (problems.size() < PROBLEMS_MAX) problems.add(file.name() + " " + what);
  }

  synchronized void end(State last) {
    state = last;
  }

  /** Ends it because files can't even be listed. */
  synchronized void failed(RuntimeException failure) {
    problemCount++;
    problems.add(String.valueOf(failure.getMessage()));
    state = isPassing(failure) ? State.INCOMPLETE : State.BAD;
  }
}
