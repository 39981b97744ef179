package oxbow.cold.offload;

import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.NewFile;

/**
 * A range's way into the cold tier. A state exists only once the fact it names is durable.
 *
 * <pre>
 *   Waiting --> Uploaded --> Committed
 *                |    ^          ^
 *                v    |          |
 *              Unresolved -------+
 *                     |
 *                     +--> Overtaken
 * </pre>
 */
sealed interface OffloadState {
  TopicIdPartition partition();

  /** Offered by the log; nothing of it is in the bucket that anybody will look at. */
  record Waiting(TopicIdPartition partition, long from) implements OffloadState {
    Uploaded uploaded(NewFile added) {
      return new Uploaded(partition, added);
    }
  }

  /** The cold file is complete in the bucket; no reader can see it. */
  record Uploaded(TopicIdPartition partition, NewFile added) implements OffloadState {
    ColdFile file() {
      return added.file();
    }

    Committed committed() {
      return new Committed(partition, file());
    }

    Unresolved unresolved() {
      return new Unresolved(partition, added);
    }
  }

  /** A commit may have taken effect: the table is asked before anything is sent again. */
  record Unresolved(TopicIdPartition partition, NewFile added) implements OffloadState {
    ColdFile file() {
      return added.file();
    }

    /**
     * What became of it.
     *
     * @param tableEnd -1: the table has nothing of the partition
     */
    OffloadState resolved(long tableEnd, boolean hasFile) {
      if (hasFile) return new Committed(partition, file());
      if (tableEnd <= file().baseOffset()) return new Uploaded(partition, added);
      return new Overtaken(partition, file(), tableEnd);
    }
  }

  /** Readers of the table see the file; the log may trim what is in it. */
  record Committed(TopicIdPartition partition, ColdFile file) implements OffloadState {}

  /** Another writer has moved the table on: the file will never be in it. */
  record Overtaken(TopicIdPartition partition, ColdFile file, long tableEnd)
      implements OffloadState {}
}
