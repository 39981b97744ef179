package oxbow.cold.shred;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Large arrays of those who write cold files, kept for the next file. A file takes seconds: made
 * anew for each, they would all be copied out of the heap's young part, fill the old one, and have
 * producers wait while it is collected. They go when memory is short, or nobody wanted them for a
 * while. What is given out holds whatever it held. Thread-safe.
 */
public final class SpareArrays {
  /** Shorter ones are no trouble. */
  private static final int LENGTH_MIN = 8 << 10;

  private static final int LENGTH_MAX = 1 << 30;

  private static final Shelf<byte[]> BYTES = new Shelf<>(byte[]::new);
  private static final Shelf<int[]> INTS = new Shelf<>(int[]::new);
  private static final Shelf<long[]> LONGS = new Shelf<>(long[]::new);

  private SpareArrays() {}

  /** At least so long. */
  public static byte[] bytes(int length) {
    return BYTES.take(length);
  }

  /** At least so long. */
  public static int[] ints(int length) {
    return INTS.take(length);
  }

  /** At least so long. */
  public static long[] longs(int length) {
    return LONGS.take(length);
  }

  /** A longer one that begins with what another one holds, which is given back. */
  public static byte[] grown(byte[] array, int used, int length) {
    byte[] longer = bytes(length);
    System.arraycopy(array, 0, longer, 0, used);
    giveBack(array);
    return longer;
  }

  /** A longer one that begins with what another one holds, which is given back. */
  public static int[] grown(int[] array, int used, int length) {
    int[] longer = ints(length);
    System.arraycopy(array, 0, longer, 0, used);
    giveBack(array);
    return longer;
  }

  /** A longer one that begins with what another one holds, which is given back. */
  public static long[] grown(long[] array, int used, int length) {
    long[] longer = longs(length);
    System.arraycopy(array, 0, longer, 0, used);
    giveBack(array);
    return longer;
  }

  /** Nobody uses it any more. */
  public static void giveBack(byte[] array) {
    BYTES.put(array, array.length);
  }

  /** Nobody uses it any more. */
  public static void giveBack(int[] array) {
    INTS.put(array, array.length);
  }

  /** Nobody uses it any more. */
  public static void giveBack(long[] array) {
    LONGS.put(array, array.length);
  }

  /** Arrays of one type, by length: all lengths are powers of two. */
  private static final class Shelf<A> {
    private final IntFunction<A> maker;
    private final List<Deque<SoftReference<A>>> byPower = new ArrayList<>();

    Shelf(IntFunction<A> maker) {
      this.maker = maker;
      for (int i = 0; i < Integer.SIZE; i++) byPower.add(new ArrayDeque<>());
    }

    A take(int length) {
      if (length < LENGTH_MIN || length > LENGTH_MAX) return maker.apply(length);
      int power = Integer.SIZE - Integer.numberOfLeadingZeros(length - 1);
      A kept = takeKept(byPower.get(power));
      return kept == null ? maker.apply(1 << power) : kept;
    }

    private synchronized @Nullable A takeKept(Deque<SoftReference<A>> shelf) {
      while (!shelf.isEmpty()) {
        A kept = shelf.removeLast().get();
        if (kept != null) return kept;
      }
      return null;
    }

    synchronized void put(A array, int length) {
      if (length < LENGTH_MIN || Integer.bitCount(length) != 1) return;
      Deque<SoftReference<A>> shelf = byPower.get(Integer.numberOfTrailingZeros(length));
      shelf.addLast(new SoftReference<>(array));
      while (shelf.getFirst().refersTo(null)) shelf.removeFirst();
    }
  }
}
