package oxbow.cold;

import java.nio.ByteBuffer;
import java.util.Optional;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.BatchUnpacker;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.table.ForeignReplays;
import oxbow.schema.Schemas;

/**
 * Which files other engines may write anew: those whose rows hold all that consumers read of them,
 * and whose schemas the registry knows, since the new files won't. Stateless.
 */
final class Replays implements ForeignReplays {
  private final ObjectStore store;
  private final Schemas schemas;

  Replays(ObjectStore store, Schemas schemas) {
    this.store = store;
    this.schemas = schemas;
  }

  @Override
  public Optional<String> whyKept(ColdFile file) {
    ColdFileReader reader = ColdFiles.open(file, ColdFiles.source(store, file));
    if (!(reader instanceof IndexedFileReader indexed)) return Optional.empty();
    for (int id : indexed.schemaIds()) {
      if (schemas.byId(id).isEmpty()) {
        return Optional.of("schema " + id + " of its records is not registered any more");
      }
    }
    BatchIndex index = indexed.index();
    for (int batch = 0; batch < index.size(); batch++) {
      boolean isWhole = index.whole(batch) != null && index.count(batch) > 0;
      if (isWhole && !isInRows(indexed, batch)) {
        return Optional.of(
            "records from offset " + index.baseOffset(batch) + " on are in no row of it");
      }
    }
    return Optional.empty();
  }

  /** Batches that can't be taken apart have no rows, and too large ones rows without content. */
  private static boolean isInRows(IndexedFileReader reader, int batch) {
    if (reader.index().rows(batch) == 0) return false;
    ByteBuffer bytes = reader.read(reader.index().baseOffset(batch), 1);
    try (var unpacker = new BatchUnpacker()) {
      return unpacker.unpack(bytes);
    }
  }
}
