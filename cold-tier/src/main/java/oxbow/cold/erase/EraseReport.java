package oxbow.cold.erase;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an erasure found, did and proved so far.
 *
 * @param keys SHA-256 of each
 * @param keysReadBy schemas by which records' keys were read, to find those given as JSON
 * @param foundRecords in the log, in cold files, and in files that only the past knows; a record
 *     may have been in several of them
 * @param forgottenSnapshots of the table, before the current one
 * @param forgottenReferences names of branches and tags that held some of them
 * @param deletedObjects names of what was deleted from the bucket
 * @param proof what reading everything back found; null: it did not get there
 * @param problems in words: why something may be left
 */
public record EraseReport(
    String id,
    String topic,
    State state,
    List<String> keys,
    List<String> keysReadBy,
    Instant begun,
    @Nullable Instant ended,
    FoundRecords foundRecords,
    List<Partition> partitions,
    int forgottenSnapshots,
    List<String> forgottenReferences,
    List<String> deletedObjects,
    @Nullable Proof proof,
    List<String> problems) {
  public EraseReport {
    keys = List.copyOf(keys);
    keysReadBy = List.copyOf(keysReadBy);
    partitions = List.copyOf(partitions);
    forgottenReferences = List.copyOf(forgottenReferences);
    deletedObjects = List.copyOf(deletedObjects);
    problems = List.copyOf(problems);
  }

  /** How far it is. */
  public enum State {
    RUNNING,
    /** Everything was read back, and no record has one of the keys. */
    DONE,
    /** Some may be left: the problems say why. Once they are mended it has to be asked for anew. */
    INCOMPLETE,
    /** The process ended first; asked for anew it goes on. */
    STOPPED
  }

  /** How many records had one of the keys, and where. */
  public record FoundRecords(long log, long coldFiles, long pastFiles) {}

  /**
   * What was done to a partition.
   *
   * @param endOffset where its log ended when it began: later records are not meant
   * @param logSegments that were read, and of them written anew
   * @param coldFiles that were read
   */
  public record Partition(
      int partition,
      long endOffset,
      int logSegments,
      int logSegmentsRewritten,
      long logRecords,
      int coldFiles,
      List<Replaced> replaced) {
    public Partition {
      replaced = List.copyOf(replaced);
    }
  }

  /** A cold file and the one that took its place. */
  public record Replaced(String old, String now, long records) {}

  /**
   * Everything read back.
   *
   * @param records that have one of the keys: none, if it is done
   * @param filesLeft files of segments and objects that should be gone, and are not
   */
  public record Proof(
      int logSegments,
      long logBytes,
      int coldFiles,
      long coldBytes,
      long records,
      List<String> filesLeft) {
    public Proof {
      filesLeft = List.copyOf(filesLeft);
    }

    boolean isGood() {
      return records == 0 && filesLeft.isEmpty();
    }
  }
}
