package oxbow.cold.state;

import static oxbow.cold.store.StoreException.Kind.DENIED;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;

/**
 * Keeps what the bucket holds of the cluster up to date. What tables' records stand on, topics and
 * schemas, is written before the records are committed; what moves all the time now and then.
 * Thread-safe; calls wait for the store.
 */
public final class StateKeeper {
  private final ObjectStore store;
  private final Owners owners;
  private final Supplier<ClusterSource> sources;
  private OptionalLong savedTopics = OptionalLong.empty();
  private @Nullable ByteBuffer writtenTopics;
  private OptionalLong savedSchemas = OptionalLong.empty();
  private OptionalLong savedPositions = OptionalLong.empty();
  private boolean hasPositions;
  private volatile @Nullable Owner owner;

  /**
   * @param sources the cluster, asked for each time: it is known only some time after the start
   */
  public StateKeeper(ObjectStore store, Owners owners, Supplier<ClusterSource> sources) {
    this.store = store;
    this.owners = owners;
    this.sources = sources;
  }

  /** The bucket is ours from now on. */
  public void owned(Owner mine) {
    owner = mine;
  }

  private Owner owner() {
    Owner known = owner;
    if (known == null) {
      throw new StoreException(StoreException.Kind.BUSY, "the bucket is not opened yet");
    }
    return known;
  }

  /** Topics and schemas are in the bucket as they are now: records may follow. */
  public synchronized void saveWhatRecordsNeed() {
    ClusterSource source = sources.get();
    long number = owner().number();
    // Versions are asked first: what changes meanwhile is written the next time.
    long schemas = source.schemasVersion();
    if (schemas != 0 && savedSchemas.orElse(0) != schemas) {
      ObjectStore.ObjectInfo _ = store.put(StateObjects.schemas(number), source.schemas());
      savedSchemas = OptionalLong.of(schemas);
    }
    long topics = source.topicsVersion();
    if (topics != 0 && !savedTopics.equals(OptionalLong.of(topics))) {
      ByteBuffer now = StateJson.write(source.topics());
      // The version moves with each record of the metadata; few of them change what is saved.
      if (!now.equals(writtenTopics)) {
        ObjectStore.ObjectInfo _ = store.put(StateObjects.topics(number), now.duplicate());
        writtenTopics = now;
      }
      savedTopics = OptionalLong.of(topics);
    }
  }

  /**
   * Groups' offsets and logs' starts are in the bucket as they are now. Of none at all nothing is
   * written, unless an owner before had some.
   *
   * @return whether something had to be written
   */
  public synchronized boolean savePositions() {
    ClusterSource source = sources.get();
    long version = source.positionsVersion();
    if (version == 0 || savedPositions.equals(OptionalLong.of(version))) return false;
    Positions now = source.positions();
    long number = owner().number();
    boolean isNothing = !hasPositions && number == 1 && now.equals(Positions.EMPTY);
    if (!isNothing) {
      saveWhatRecordsNeed(); // positions in topics that nobody knows would be lost
      ObjectStore.ObjectInfo _ = store.put(StateObjects.positions(number), StateJson.write(now));
      hasPositions = true;
    }
    savedPositions = OptionalLong.of(version);
    return !isNothing;
  }

  /**
   * Shows that somebody still writes to the bucket.
   *
   * @throws StoreException {@code DENIED} if another one has it now
   */
  public void beat() {
    requireOwner();
    ObjectStore.ObjectInfo _ =
        store.put(StateObjects.alive(owner().number()), StateJson.writeAlive(false));
  }

  /** Throws {@code DENIED} if another one has the bucket now. */
  public void requireOwner() {
    Owner mine = owner();
    Optional<Owner> newest = owners.newestAfter(Optional.of(mine));
    if (newest.isPresent() && newest.get().number() != mine.number()) {
      throw new StoreException(
          DENIED,
          "the bucket was taken over at "
              + newest.get().since()
              + " by a restore: nothing is written to it from here any more");
    }
  }

  /** Nobody writes to the bucket from here any more. */
  public void stopped() {
    Owner mine = owner;
    if (mine == null) return;
    ObjectStore.ObjectInfo _ =
        store.put(StateObjects.alive(mine.number()), StateJson.writeAlive(true));
  }
}
