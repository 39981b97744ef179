package oxbow.cold.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFileReader.Cursor;

/**
 * Where consumers that read on stand in cold files, with what is decoded there already. Bounded; a
 * cursor belongs to whoever took it, and to this again once it is kept.
 */
final class Cursors implements AutoCloseable {
  private static final Duration IDLE_MAX = Duration.ofSeconds(10);

  private final Cache<Key, Cursor> idle;

  private record Key(String file, long nextOffset) {}

  Cursors(int countMax) {
    this.idle =
        Caffeine.newBuilder()
            .maximumSize(countMax)
            .expireAfterWrite(IDLE_MAX)
            .scheduler(Scheduler.systemScheduler())
            .executor(Runnable::run)
            .removalListener(Cursors::removed)
            .build();
  }

  /** A cursor of this file that goes on at exactly this offset. */
  Optional<Cursor> take(String file, long offset) {
    return Optional.ofNullable(idle.asMap().remove(new Key(file, offset)));
  }

  void keep(String file, long nextOffset, Cursor cursor) {
    idle.put(new Key(file, nextOffset), cursor);
  }

  /** What was taken out is its taker's. */
  private static void removed(@Nullable Key key, @Nullable Cursor cursor, RemovalCause cause) {
    if (cursor != null && cause != RemovalCause.EXPLICIT) cursor.close();
  }

  @Override
  public void close() {
    for (Key key : idle.asMap().keySet()) {
      Cursor cursor = idle.asMap().remove(key);
      if (cursor != null) cursor.close();
    }
  }
}
