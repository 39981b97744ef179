package oxbow.cold.rewrite;

import java.nio.ByteBuffer;

/** What becomes of batches on their way from one cold file to the next. Owned by one thread. */
public interface BatchFilter {
  /**
   * Says what goes on of some batches, at the offsets that they had.
   *
   * @param batches whole ones, as consumers get them; borrowed
   * @return the same buffer if they all stay as they are; else one that is good until the next call
   */
  ByteBuffer apply(ByteBuffer batches);

  /** How many records it took out so far; markers are none. */
  long droppedRecords();

  /** Everything stays. */
  static BatchFilter none() {
    return new BatchFilter() {
      @Override
      public ByteBuffer apply(ByteBuffer batches) {
        return batches;
      }

      @Override
      public long droppedRecords() {
        return 0;
      }
    };
  }
}
