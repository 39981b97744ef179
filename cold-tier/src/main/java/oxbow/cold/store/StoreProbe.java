package oxbow.cold.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import oxbow.cold.store.StoreException.Kind;

/**
 * Tries a store out before anything depends on it: a small object is made, must not be made twice,
 * is read back, listed and deleted. Whatever is missing is told in words an operator understands.
 */
public final class StoreProbe {
  private static final String PREFIX = "oxbow-probe/";
  private static final int RANGE_START = 2;

  private StoreProbe() {}

  /**
   * Costs six small requests.
   *
   * @param bucket how it is called
   * @throws StoreException {@code DENIED} if the store can't be used as it is; what the store threw
   *     if it did not answer
   */
  public static void check(ObjectStore store, String bucket) {
    String name = PREFIX + UUID.randomUUID();
    ByteBuffer body = ByteBuffer.wrap(("probe " + name).getBytes(UTF_8));
    create(store, bucket, name, body);
    try {
      createAgain(store, bucket, name);
      readBack(store, bucket, name, body);
      list(store, bucket, name);
    } catch (StoreException e) {
      remove(store, name);
      throw e;
    }
    delete(store, bucket, name);
  }

  private static void create(ObjectStore store, String bucket, String name, ByteBuffer body) {
    try {
      ObjectStore.ObjectInfo _ = store.create(name, body);
    } catch (StoreException e) {
      throw switch (e.kind()) {
        case DENIED, NOT_FOUND -> refusal(bucket, "can't be written", e);
        case INVALID -> withoutConditions(bucket, e);
        default -> e;
      };
    }
  }

  private static void createAgain(ObjectStore store, String bucket, String name) {
    try {
      ObjectStore.ObjectInfo _ = store.create(name, ByteBuffer.wrap("other".getBytes(UTF_8)));
    } catch (StoreException e) {
      if (e.kind() == Kind.EXISTS) return;
      throw e.kind() == Kind.INVALID ? withoutConditions(bucket, e) : e;
    }
    throw new StoreException(
        Kind.DENIED,
        bucket
            + " makes an object anew that is there: it knows no conditional writes"
            + " (If-None-Match), and two writers would undo each other's commits");
  }

  private static StoreException withoutConditions(String bucket, StoreException e) {
    return refusal(bucket, "knows no conditional writes (If-None-Match)", e);
  }

  private static void readBack(ObjectStore store, String bucket, String name, ByteBuffer body) {
    try {
      int rest = body.remaining() - RANGE_START;
      boolean isSame =
          store.read(name).equals(body)
              && store.read(name, RANGE_START, rest).equals(body.slice(RANGE_START, rest));
      if (isSame) return;
    } catch (StoreException e) {
      throw e.kind() == Kind.DENIED ? refusal(bucket, "can't be read", e) : e;
    }
    throw new StoreException(Kind.DENIED, bucket + " gives back other bytes than were written");
  }

  private static void list(ObjectStore store, String bucket, String name) {
    List<ObjectStore.ObjectInfo> found;
    try {
      found = store.list(name, "", 1);
    } catch (StoreException e) {
      throw e.kind() == Kind.DENIED ? refusal(bucket, "can't be listed", e) : e;
    }
    if (found.size() == 1 && found.getFirst().name().equals(name)) return;
    throw new StoreException(Kind.DENIED, bucket + " does not list what was just written");
  }

  private static void delete(ObjectStore store, String bucket, String name) {
    try {
      store.delete(List.of(name));
    } catch (StoreException e) {
      throw e.kind() == Kind.DENIED ? refusal(bucket, "lets nothing be deleted", e) : e;
    }
  }

  private static void remove(ObjectStore store, String name) {
    try {
      store.delete(List.of(name));
    } catch (StoreException _) {
      // What is wrong with the store is told already; a probe of some bytes does no harm.
    }
  }

  private static StoreException refusal(String bucket, String what, StoreException e) {
    return new StoreException(Kind.DENIED, bucket + " " + what + ": " + e.getMessage(), e);
  }
}
