package oxbow.cold.table;

import java.util.function.LongSupplier;
import org.apache.iceberg.TableMetadata;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * Keeps a process from tables whose bucket another one has taken over. Each commit writes the
 * number of the bucket's owner into the table, and none is made on top of a higher one: a commit
 * that was under way loses, since it is made for a version that is not the newest any more.
 */
final class Fence {
  /** Nobody ever takes over: the bucket is used by one process at most. */
  static final Fence NONE = new Fence(() -> 0);

  private final LongSupplier owner;

  /**
   * @param owner number of the owner that this process is; 0: not known yet
   */
  Fence(LongSupplier owner) {
    this.owner = owner;
  }

  long number() {
    return owner.getAsLong();
  }

  /** Throws {@code DENIED} if a later owner has committed to the table. */
  void check(@Nullable TableMetadata base) {
    if (base == null) return;
    String last = base.properties().get(TopicProperties.OWNER);
    if (last == null || Long.parseLong(last) <= number()) return;
    throw new StoreException(
        Kind.DENIED,
        "the bucket was taken over by a restore: "
            + base.location()
            + " is not written from here any more");
  }
}
