package oxbow.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a read found.
 *
 * @param offsets the log's bounds at that moment
 * @param lastStableOffset end of what {@code read_committed} may see
 * @param slice the batches from the one that holds the wanted offset; null: nothing there yet
 * @param aborted the aborted transactions that overlap the slice, for {@link ReadLimit#LAST_STABLE}
 * @param isFirstBatchCut the slice is shorter than its first batch, because of the size limit
 */
public record LogRead(
    LogOffsets offsets,
    long lastStableOffset,
    @Nullable FileSlice slice,
    List<AbortedTransaction> aborted,
    boolean isFirstBatchCut) {

  /** One aborted transaction, as fetch responses name it. */
  public record AbortedTransaction(long producerId, long firstOffset) {}
}
