package oxbow.cold.table;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.Pointers.Pointer;

/**
 * One table's metadata: reads the version that the newest pointer names, and commits by making the
 * next pointer. Iceberg's own code works on top of it, ours and that of other engines. Thread-safe.
 */
final class ObjectTableOperations implements TableOperations {
  /** Metadata that a newer commit has cleaned up, between pointer and reading: read again. */
  private static final int READ_ATTEMPTS = 5;

  private static final State NOTHING = new State(0, null);

  private final String name;
  private final Pointers pointers;
  private final ObjectFileIO io;
  private final CommitRules rules;
  private volatile @Nullable State state;

  ObjectTableOperations(String name, Pointers pointers, ObjectFileIO io, CommitRules rules) {
    this.name = name;
    this.pointers = pointers;
    this.io = io;
    this.rules = rules;
  }

  /**
   * What was read last.
   *
   * @param metadata null: there is no table
   */
  private record State(long version, @Nullable TableMetadata metadata) {}

  /** Null where there is no table, as Iceberg asks for. */
  @Override
  @SuppressWarnings("NullAway") // Iceberg says nothing of null, and means it
  public TableMetadata current() {
    State last = state;
    return (last == null ? read() : last).metadata();
  }

  @Override
  @SuppressWarnings("NullAway") // as above
  public TableMetadata refresh() {
    return read().metadata();
  }

  private State read() {
    State last = state;
    State next = readAfter(last == null ? NOTHING : last);
    if (last != null && last.metadata() != null) {
      if (next.metadata() == null) {
        throw new NoSuchTableException("table %s was dropped", name);
      }
      if (!next.metadata().uuid().equals(last.metadata().uuid())) {
        throw new NoSuchTableException("table %s is another one now", name);
      }
    }
    advance(next);
    return next;
  }

  /** Keeps the newest of what threads have read. */
  private synchronized void advance(State next) {
    State last = state;
    if (last == null || last.version() <= next.version()) state = next;
  }

  private State readAfter(State last) {
    for (int attempt = 1; ; attempt++) {
      Optional<Pointer> newest =
          last.version() > 0 ? pointers.newerThan(last.version()) : pointers.newest(0);
      if (newest.isEmpty()) return last;
      Pointer pointer = newest.get();
      if (pointer.isDropped()) return new State(pointer.version(), null);
      try {
        return new State(pointer.version(), parse(pointer.object()));
      } catch (NotFoundException e) {
        if (attempt == READ_ATTEMPTS) {
          throw new StoreException(Kind.CORRUPT, "the metadata of " + name + " is gone", e);
        }
      }
    }
  }

  private TableMetadata parse(String object) {
    try {
      return TableMetadataParser.read(io, io.location(object));
    } catch (StoreException | NotFoundException e) {
      throw e;
    } catch (RuntimeException e) {
      // Jackson, gzip and Iceberg each have exceptions of their own for bytes that make no sense.
      throw new StoreException(Kind.CORRUPT, "can't understand " + object, e);
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a version is the object that was read, nothing else
  public void commit(@Nullable TableMetadata base, TableMetadata metadata) {
    State known = state;
    State last = known == null ? read() : known; // a table is registered without being looked for
    if (base != last.metadata()) {
      throw new CommitFailedException("table %s was read anew since", name);
    }
    if (base == metadata) return;
    rules.check(base, metadata);
    long version = last.version() + 1;
    String location = write(version, metadata);
    if (!create(version, location)) {
      io.deleteFile(location);
      throw new CommitFailedException("another commit to %s was faster: %s", name, version);
    }
    advance(new State(version, committed(metadata, location)));
    if (base != null) deleteOldMetadata(base, metadata);
  }

  private String write(long version, TableMetadata metadata) {
    String codec =
        metadata.property(
            TableProperties.METADATA_COMPRESSION, TableProperties.METADATA_COMPRESSION_DEFAULT);
    String file =
        "%08d-%s%s"
            .formatted(version, UUID.randomUUID(), TableMetadataParser.getFileExtension(codec));
    String location = metadataFileLocation(metadata, file);
    TableMetadataParser.write(metadata, io.newOutputFile(location));
    return location;
  }

  private boolean create(long version, String location) {
    try {
      return pointers.create(version, io.name(location));
    } catch (StoreException e) {
      if (e.kind() == Kind.OUTCOME_UNKNOWN) throw new CommitStateUnknownException(e);
      io.deleteFile(location);
      throw e;
    }
  }

  private static TableMetadata committed(TableMetadata metadata, String location) {
    return TableMetadata.buildFrom(metadata)
        .discardChanges()
        .withMetadataLocation(location)
        .build();
  }

  private void deleteOldMetadata(TableMetadata base, TableMetadata metadata) {
    try {
      CatalogUtil.deleteRemovedMetadataFiles(io, base, metadata);
    } catch (StoreException _) {
      // The commit stands; cleaning finds them later.
    }
  }

  @Override
  public FileIO io() {
    return io;
  }

  @Override
  public String metadataFileLocation(String file) {
    return metadataFileLocation(current(), file);
  }

  private static String metadataFileLocation(TableMetadata metadata, String file) {
    String elsewhere = metadata.properties().get(TableProperties.WRITE_METADATA_LOCATION);
    return Objects.requireNonNullElse(elsewhere, metadata.location() + "/metadata") + "/" + file;
  }

  @Override
  public LocationProvider locationProvider() {
    return LocationProviders.locationsFor(current().location(), current().properties());
  }

  /** The version of what was read last; 0: there never was a table. */
  long version() {
    State last = state;
    return (last == null ? read() : last).version();
  }

  Pointers pointers() {
    return pointers;
  }

  /** What a commit may do. */
  interface CommitRules {
    CommitRules NONE = (_, _) -> {};

    /** Throws one of Iceberg's exceptions if this commit may not be. */
    void check(@Nullable TableMetadata base, TableMetadata next);
  }
}
