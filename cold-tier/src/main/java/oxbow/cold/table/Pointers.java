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

  /** A table comes here from another name, if that name's next version says so. */
  private static final String CLAIM = "claim";

  /** The table goes on under another name, whose claim it is. */
  private static final String MOVED = "moved";

  /** Reading on version by version costs as much as listing after this many. */
  private static final int STEPS_MAX = 8;

  private static final int CREATE_ATTEMPTS = 4;
  private static final Pattern BODY =
      Pattern.compile(
          "\\{\"(metadata|dropped|claim|moved)\": \"([^\"]+)\", \"crc32c\": \"([0-9a-f]{8})\"}\n");

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

  /** What an object says. */
  private record Body(String kind, String object) {}

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
      Optional<Body> next = find(at + 1);
      if (next.isEmpty()) return at == 0 ? Optional.empty() : Optional.of(existing(at));
      at++;
      steps++;
    }
  }

  /** The newest version after one that is known; empty: that one is the newest. */
  Optional<Pointer> newerThan(long known) {
    return find(known + 1).isEmpty() ? Optional.empty() : newest(known + 1);
  }

  private long listed() {
    List<ObjectInfo> first = store.list(prefix, "", 1);
    return first.isEmpty() ? 0 : BucketLayout.pointerVersion(prefix, first.getFirst().name());
  }

  private Pointer existing(long version) {
    Body body =
        find(version)
            .orElseThrow(
                () -> new StoreException(Kind.CORRUPT, name(version) + " was there and is gone"));
    return switch (body.kind()) {
      case METADATA -> new Pointer(version, false, body.object());
      case CLAIM -> claimed(version, body.object());
      default -> new Pointer(version, true, body.object());
    };
  }

  /**
   * A claim holds from when the old name's next version says so. Whoever finds one that isn't
   * settled settles it, so that nobody builds on what may still change.
   */
  private Pointer claimed(long version, String next) {
    var from = new Pointers(store, BucketLayout.pointersOf(next));
    long nextVersion = BucketLayout.pointerVersion(from.prefix, next);
    var moved = new Body(MOVED, name(version));
    Optional<Body> said = from.find(nextVersion);
    boolean isMoved =
        said.isPresent()
            ? said.get().equals(moved)
            : from.create(nextVersion, moved.kind(), moved.object());
    return isMoved
        ? new Pointer(version, false, from.existing(nextVersion - 1).object())
        : new Pointer(version, true, next); // something else was faster: nothing came here
  }

  private Optional<Body> find(long version) {
    try {
      return Optional.of(parse(version, store.read(name(version))));
    } catch (StoreException e) {
      if (e.kind() == Kind.NOT_FOUND) return Optional.empty();
      throw e;
    }
  }

  private Body parse(long version, ByteBuffer bytes) {
    String body = UTF_8.decode(bytes).toString();
    Matcher matcher = BODY.matcher(body);
    if (!matcher.matches() || !checksum(matcher.group(2)).equals(matcher.group(3))) {
      throw new StoreException(Kind.CORRUPT, name(version) + " is damaged: " + body);
    }
    return new Body(matcher.group(1), matcher.group(2));
  }

  /** Tries to be the one that makes a version, from metadata that nobody else points to. */
  boolean create(long version, String metadata) {
    return create(version, METADATA, metadata);
  }

  /** The same for a version in which the table is gone. */
  boolean createDropped(long version, String table) {
    return create(version, DROPPED, table);
  }

  /**
   * Tries to have the table go on under another name, from the metadata that it has. Until the old
   * name's next version is made nothing has changed; from then on everything has.
   *
   * @param last the version that goes on
   * @param targetLast the newest version under the other name, which has no table; 0: there is none
   * @return false: a commit under one of the names was faster
   */
  boolean move(long last, Pointers target, long targetLast) {
    return target.create(targetLast + 1, CLAIM, name(last + 1))
        && create(last + 1, MOVED, target.name(targetLast + 1));
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
