package oxbow.query.sql;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Memory for batches on their way to whoever asked for them. Thread-safe. */
final class QueryMemory {
  private final BufferAllocator root;
  private final long queryBytesMax;

  QueryMemory(long queryBytesMax, int queriesMax) {
    this.root = new RootAllocator(queryBytesMax * queriesMax);
    this.queryBytesMax = queryBytesMax;
  }

  /** One query's own, which it closes. */
  BufferAllocator of(String query) {
    return root.newChildAllocator(query, 0, queryBytesMax);
  }

  long heldBytes() {
    return root.getAllocatedMemory();
  }
}
