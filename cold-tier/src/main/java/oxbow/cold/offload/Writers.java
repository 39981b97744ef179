package oxbow.cold.offload;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.store.StoreException;

/** Makes writers of a topic's files, as its settings and schemas are now. */
public interface Writers {
  /** A writer to a local file of its own. */
  ColdFileWriter open(TopicIdPartition partition) throws IOException;

  /**
   * Records of the file written last name schemas whose columns the table gets only now: the file
   * is better written anew.
   */
  boolean hasLearned();

  /** Tells this try from any other at the same range, by whomever. */
  String attempt(TopicIdPartition partition);

  /** About how large a file is to be. */
  long fileBytes();

  /**
   * Reads a finished file back and compares each batch's checksum with what was added.
   *
   * @throws StoreException {@code CORRUPT} if one differs
   */
  void verify(ColdFile file, Path path) throws IOException;
}
