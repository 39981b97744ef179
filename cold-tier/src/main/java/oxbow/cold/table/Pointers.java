package oxbow.cold.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.ObjectStore.ObjectInfo;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * The versions of one table: for each an object that is created, never replaced and never deleted,
 * and says where that version's metadata lies. Who creates version n + 1 has committed on top of
 * version n; of many that try, one succeeds, whatever became of their replies. Thread-safe.
 */
final class Pointers {
  private static final String DROPPED = "dropped";
  private static final String METADATA = "metadata";

  /** Reading on version by version costs as much as listing after this many. */
  private static final int STEPS_MAX = 8;

  private static final int CREATE_ATTEMPTS = 4;
  private static final Pattern BODY =
      Pattern.compile("\\{\"(metadata|dropped)\": \"([^\"]+)\", \"crc32c\": \"([0-9a-f]{8})\"}\n");

  private final ObjectStore store;
  private final String prefix;

  /**
   * @param prefix of the table's pointers
   */
  Pointers(ObjectStore store, String prefix) {
    this.store = store;
    this.prefix = prefix;
  }

  /**
   * A version.
   *
   * @param isDropped the table is gone with this version; {@code object} is where it lay
   * @param object its metadata
   */
  record Pointer(long version, boolean isDropped, String object) {}

  /**
   * The newest version.
   *
   * @param known a version that there is; 0: none is known
   */
  Optional<Pointer> newest(long known) {
    long at = known > 0 ? known : listed();
    int steps = 0;
    while (true) {
      // A listing may lag behind on some stores; what is read by name doesn't.
      if (at > 0 && steps == STEPS_MAX) {
        at = Math.max(at, listed());
        steps = 0;
      }
      Optional<Pointer> next = find(at + 1);
      if (next.isEmpty()) return at == 0 ? Optional.empty() : Optional.of(existing(at));
      at++;
      steps++;
    }
  }

  /** The newest version after one that is known; empty: that one is the newest. */
  Optional<Pointer> newerThan(long known) {
    Optional<Pointer> newest = find(known + 1);
    if (newest.isEmpty()) return newest;
    return newest(known + 1);
  }

  private long listed() {
    List<ObjectInfo> first = store.list(prefix, "", 1);
    return first.isEmpty() ? 0 : BucketLayout.pointerVersion(prefix, first.getFirst().name());
  }

  private Pointer existing(long version) {
    return find(version)
        .orElseThrow(
            () -> new StoreException(Kind.CORRUPT, name(version) + " was there and is gone"));
  }

  private Optional<Pointer> find(long version) {
    try {
      return Optional.of(parse(version, store.read(name(version))));
    } catch (StoreException e) {
      if (e.kind() == Kind.NOT_FOUND) return Optional.empty();
      throw e;
    }
  }

  private Pointer parse(long version, ByteBuffer bytes) {
    String body = UTF_8.decode(bytes).toString();
    Matcher matcher = BODY.matcher(body);
    if (!matcher.matches() || !checksum(matcher.group(2)).equals(matcher.group(3))) {
      throw new StoreException(Kind.CORRUPT, name(version) + " is damaged: " + body);
    }
    return new Pointer(version, matcher.group(1).equals(DROPPED), matcher.group(2));
  }

  /** Tries to be the one that makes a version, from metadata that nobody else points to. */
  boolean create(long version, String metadata) {
    return create(version, METADATA, metadata);
  }

  /** The same for a version in which the table is gone. */
  boolean createDropped(long version, String table) {
    return create(version, DROPPED, table);
  }

  private boolean create(long version, String kind, String object) {
    String name = name(version);
    String body =
        "{\"%s\": \"%s\", \"crc32c\": \"%s\"}\n".formatted(kind, object, checksum(object));
    ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(UTF_8));
    @Nullable StoreException unknown = null;
    for (int attempt = 1; attempt <= CREATE_ATTEMPTS; attempt++) {
      try {
        store.create(name, bytes);
        return true;
      } catch (StoreException e) {
        // Whoever made it: it is ours if it says what we say. That is so after a lost reply.
        if (e.kind() == Kind.EXISTS) return isOurs(name, bytes);
        if (e.kind() != Kind.OUTCOME_UNKNOWN && unknown == null) throw e;
        // Sent again, since an earlier one may still be on its way: then this one learns of it.
        unknown = new StoreException(Kind.OUTCOME_UNKNOWN, "no answer whether " + name + " is", e);
      }
    }
    throw requireNonNull(unknown);
  }

  private boolean isOurs(String name, ByteBuffer body) {
    try {
      return store.read(name).equals(body);
    } catch (StoreException e) {
      throw new StoreException(Kind.OUTCOME_UNKNOWN, "can't read who made " + name, e);
    }
  }

  private String name(long version) {
    return BucketLayout.pointer(prefix, version);
  }

  private static String checksum(String text) {
    var crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return "%08x".formatted(crc.getValue());
  }
}
