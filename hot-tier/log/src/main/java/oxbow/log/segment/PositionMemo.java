package oxbow.log.segment;

import org.jspecify.annotations.Nullable;

/**
 * Where the batches begin that readers will ask for next: what follows a slice just handed out, or
 * an append just made. Hot path. Any thread; what is overwritten or missed is only looked up.
 */
final class PositionMemo {
  private static final int SLOTS = 32;

  /** Immutable, so that a reader who finds it without any lock finds it whole. */
  private record Place(long offset, int position) {}

  private final @Nullable Place[] slots = new @Nullable Place[SLOTS];

  void put(long offset, int position) {
    slots[slot(offset)] = new Place(offset, position);
  }

  /** The position, or -1 where it isn't known. */
  int find(long offset) {
    Place place = slots[slot(offset)];
    return place != null && place.offset == offset ? place.position : -1;
  }

  private static int slot(long offset) {
    return (int) ((offset * 0x9E3779B97F4A7C15L) >>> 59);
  }
}
