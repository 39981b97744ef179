package oxbow.server.cold;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import oxbow.cold.ColdTier;
import oxbow.cold.store.BandwidthBudget;
import oxbow.cold.store.LateObjectStore;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.PacedObjectStore;
import oxbow.cold.store.RetryPolicy;
import oxbow.cold.store.RetryingObjectStore;
import oxbow.cold.store.S3Config;
import oxbow.cold.store.S3ObjectStore;
import oxbow.cold.store.StoreListener;
import oxbow.cold.store.StoreProbe;

/** Opens the store that a bucket is in. */
public final class BucketStores {
  private BucketStores() {}

  /**
   * Opens it as a server uses it, within its bandwidth; of S3 nothing is asked and no class loaded
   * before somebody needs it.
   */
  public static ObjectStore open(ColdBounds bounds, StoreListener listener) {
    ObjectStore store =
        switch (bounds.bucket()) {
          case BucketBounds.Directory(Path path) ->
              LocalObjectStore.open(path, listener, System::nanoTime);
          case BucketBounds.S3 s3 ->
              new LateObjectStore(() -> s3(s3.config(), listener), s3.name());
        };
    if (bounds.uploadBytesPerSecondMax() == BandwidthBudget.UNLIMITED
        && bounds.downloadBytesPerSecondMax() == BandwidthBudget.UNLIMITED) {
      return store;
    }
    return PacedObjectStore.owning(
        store,
        new BandwidthBudget(bounds.uploadBytesPerSecondMax(), System::nanoTime),
        new BandwidthBudget(bounds.downloadBytesPerSecondMax(), System::nanoTime));
  }

  /**
   * Tries the bucket out as the server does before it uses it.
   *
   * @return the cluster whose bucket it is; empty: nobody's yet
   * @throws oxbow.cold.store.StoreException what is wrong with it
   */
  public static Optional<String> check(ColdBounds bounds) {
    try (ObjectStore store = open(bounds, StoreListener.NONE)) {
      if (bounds.bucket() instanceof BucketBounds.Directory directory) {
        StoreProbe.check(store, directory.name());
      }
      return ColdTier.owner(store);
    }
  }

  private static ObjectStore s3(S3Config config, StoreListener listener) {
    return new RetryingObjectStore(
        S3ObjectStore.open(config, listener, System::nanoTime, InstantSource.system()),
        RetryPolicy.DEFAULT,
        RetryPolicy.Pauses.REAL,
        new Random(),
        config.connectionsMax(),
        System::nanoTime,
        listener);
  }
}
