package oxbow.query.testing;

import java.time.InstantSource;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.cold.testing.MemoryObjectStore;

/** Buckets that are no directory, so that the engine can't read their files by itself. */
public enum Elsewhere {
  MEMORY {
    @Override
    public ObjectStore openEmpty(S3ProxyServer s3) {
      return new MemoryObjectStore(InstantSource.system());
    }
  },
  S3 {
    @Override
    public ObjectStore openEmpty(S3ProxyServer s3) {
      return s3.openEmpty();
    }
  };

  public abstract ObjectStore openEmpty(S3ProxyServer s3);
}
