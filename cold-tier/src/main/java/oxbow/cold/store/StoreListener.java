package oxbow.cold.store;

import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;

/** Is told of requests to a store. Called by many threads; must not block or throw. */
public interface StoreListener {
  /** Tells nobody. */
  StoreListener NONE = (_, _, _, _) -> {};

  /**
   * A request came to its end.
   *
   * @param failure null: it succeeded
   * @param bytes of the object's body, there or back
   */
  void finished(Request request, @Nullable Kind failure, long bytes, long nanos);

  /** A call will be tried again. */
  default void retried(Kind failure) {}
}
