package oxbow.query.sql.duckdb;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Objects that native code holds by number: whatever number it gives, it never reaches into the
 * heap.
 */
final class Handles {
  private static final AtomicLong NEXT = new AtomicLong(1);
  private static final Map<Long, Object> OBJECTS = new ConcurrentHashMap<>();

  private Handles() {}

  static long add(Object object) {
    long handle = NEXT.getAndIncrement();
    OBJECTS.put(handle, object);
    return handle;
  }

  static <T> T get(Class<T> type, MemorySegment handle) {
    return type.cast(requireNonNull(OBJECTS.get(handle.address())));
  }

  /** Forgets an object, and returns it. */
  static Object release(long handle) {
    return requireNonNull(OBJECTS.remove(handle));
  }

  /** How many are held: tests count them. */
  static int count() {
    return OBJECTS.size();
  }
}
