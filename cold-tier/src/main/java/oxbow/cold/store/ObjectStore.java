package oxbow.cold.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A flat space of immutable objects under names with slashes; {@link ObjectNames} says which. Every
 * call blocks until it is done, and fails with a {@link StoreException} whose kind says what to do.
 * What a call that returned has written is durable and seen by every later call. Buffers are
 * borrowed for the call and left as they were. Thread-safe.
 */
public interface ObjectStore extends AutoCloseable {
  /** Writes an object whole, over one of the same name if there is one. */
  ObjectInfo put(String name, ByteBuffer body);

  /** The same from a file, in parts where that is faster. Nothing is seen until all is there. */
  ObjectInfo put(String name, Path body);

  /**
   * Writes an object only if there is none of this name; of many that try at once one succeeds. Two
   * writers' bodies must differ: a lost reply is resolved by reading back whose body is there.
   *
   * @throws StoreException {@code EXISTS} if there is; {@code OUTCOME_UNKNOWN} if it may now be
   */
  ObjectInfo create(String name, ByteBuffer body);

  Optional<ObjectInfo> find(String name);

  /** A whole object. */
  ByteBuffer read(String name);

  /**
   * A range of an object.
   *
   * @return exactly {@code length} bytes; a range past the end is {@code INVALID}
   */
  ByteBuffer read(String name, long position, int length);

  /**
   * The same into memory of the caller's: as many bytes as the buffer has left. If the call fails,
   * they are whatever they are.
   */
  default void read(String name, long position, ByteBuffer into) {
    ByteBuffer range = read(name, position, into.remaining());
    into.put(into.position(), range, range.position(), range.remaining());
  }

  /**
   * A range will be read soon. Never waits.
   *
   * @return the store brings it nearer by itself; false: it has no place for it
   */
  default boolean announce(String name, long position, int length) {
    return false;
  }

  /**
   * Names in the order of their UTF-8, with what they name; a page at a time.
   *
   * @param prefix what they begin with
   * @param after begin behind this name; empty: at the first
   */
  List<ObjectInfo> list(String prefix, String after, int countMax);

  /** Deletes what is there of these. */
  void delete(Collection<String> names);

  /**
   * How engines outside address an object: {@code s3://bucket/name} or {@code file:///dir/name}.
   */
  String location(String name);

  /**
   * A way to objects as files of a local disk; empty: this store has none. Whoever is given it
   * closes it.
   */
  default Optional<LocalFiles> localFiles() {
    return Optional.empty();
  }

  /**
   * Objects as local files in a directory of their own, which nobody deletes before it is closed.
   */
  interface LocalFiles extends AutoCloseable {
    Path directory();

    /**
     * Adds an object to the directory. It costs no space: the file is another name of what the
     * store has, and stays though the object is deleted.
     *
     * @param name of the object
     * @param file its name in the directory
     */
    Path add(String name, String file);

    /** Removes the directory. */
    @Override
    void close();
  }

  /**
   * Removes what interrupted calls left where no listing shows it, and which still costs.
   *
   * @param age younger ones may belong to calls that are under way
   * @return how many there were
   */
  int removeLeftovers(Duration age);

  @Override
  void close();

  /**
   * What is known of an object.
   *
   * @param modifiedMs by the store's clock
   */
  record ObjectInfo(String name, long bytes, long modifiedMs) {}
}
