package oxbow.cold.state;

import static oxbow.cold.store.StoreException.Kind.DENIED;
import static oxbow.cold.store.StoreException.Kind.EXISTS;
import static oxbow.cold.store.StoreException.Kind.NOT_FOUND;

import java.time.InstantSource;
import java.util.Optional;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;

/**
 * Who has a bucket. Each owner is an object that is made once and never changed; who makes the next
 * one has the bucket from then on, and tables refuse the one before.
 *
 * <pre>
 *   cluster/owners/000001.json  made by the first process that used the bucket
 *   cluster/owners/000002.json  made by a restore: the first one is fenced off
 * </pre>
 */
public final class Owners {
  private static final int RACES_MAX = 10;

  private final ObjectStore store;
  private final InstantSource clock;

  public Owners(ObjectStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** The present one; empty: nobody ever was. */
  public Optional<Owner> newest() {
    return newestAfter(Optional.empty());
  }

  /** The present one, looked for from one on that is known to have been. */
  Optional<Owner> newestAfter(Optional<Owner> known) {
    Optional<Owner> newest = known;
    while (true) {
      Optional<Owner> next = find(newest.map(Owner::number).orElse(0L) + 1);
      if (next.isEmpty()) return newest;
      newest = next;
    }
  }

  Optional<Owner> find(long number) {
    try {
      return Optional.of(StateJson.owner(number, store.read(StateObjects.owner(number))));
    } catch (StoreException e) {
      if (e.kind() == NOT_FOUND) return Optional.empty();
      throw e;
    }
  }

  /**
   * The bucket is this directory's, or becomes so if it is nobody's.
   *
   * @throws StoreException {@code DENIED} if another one has it
   */
  public Owner claim(String cluster, String token) {
    for (int attempt = 1; attempt <= RACES_MAX; attempt++) {
      Optional<Owner> newest = newest();
      if (newest.isEmpty()) {
        Optional<Owner> mine = become(1, cluster, token);
        if (mine.isPresent()) return mine.get();
        continue;
      }
      Owner owner = newest.get();
      if (owner.token().equals(token)) return owner;
      throw new StoreException(
          DENIED,
          "the bucket of "
              + store.location(StateObjects.owner(owner.number()))
              + " is in use from another data directory since "
              + owner.since()
              + ": to go on here with what is in it, use `oxbow cold restore` with an empty data"
              + " directory; the other server can't write to it from then on");
    }
    throw new StoreException(StoreException.Kind.BUSY, "others claim the bucket all the time");
  }

  /** Takes the bucket over from whoever had it last; empty: somebody else was faster. */
  Optional<Owner> become(long number, String cluster, String token) {
    var owner = new Owner(number, cluster, token, clock.instant().toString());
    try {
      ObjectStore.ObjectInfo _ = store.create(StateObjects.owner(number), StateJson.write(owner));
      return Optional.of(owner);
    } catch (StoreException e) {
      if (e.kind() != EXISTS) throw e;
      return find(number).filter(found -> found.token().equals(token));
    }
  }
}
