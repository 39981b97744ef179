package oxbow.schema;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where the registry's records lie: the compacted topic {@code _schemas}, seen as an ordered list
 * of keys and values.
 */
public interface SchemaStore extends AutoCloseable {
  /**
   * Hands over every record there is, then each new one, in order, on one thread. Called once.
   *
   * @return completes once everything that lay there at the call was handed over
   */
  CompletionStage<Void> open(Listener listener);

  /**
   * Appends records, all or none of them.
   *
   * @return the offset of the last, once it is as durable as the topic promises and was handed to
   *     the listener. Fails with {@link RegistryException}: TOO_LARGE and STORE mean that nothing
   *     was written, with any other failure it may still be
   */
  CompletionStage<Long> append(List<Entry> entries);

  /** Why nothing more can be read now, or was read in vain; empty: nothing is wrong. */
  default Optional<String> trouble() {
    return Optional.empty();
  }

  @Override
  void close();

  /** Who keeps what was read. */
  interface Listener {
    /**
     * @param timestampMs when it was written, as its record says
     */
    void read(long offset, long timestampMs, Entry entry);
  }

  /**
   * A record of the topic.
   *
   * @param key JSON
   * @param value JSON; null: the key is deleted
   */
  record Entry(String key, @Nullable String value) {}
}
