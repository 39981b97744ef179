package oxbow.query.sql.duckdb;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;

/**
 * Brings rows that lie as one vector per leaf, with levels, into a chunk, where they lie as vectors
 * in vectors. Hot path; one thread.
 */
public final class ChunkWriter {
  private final @Nullable VectorWriter[] writers;

  /**
   * @param columns of the chunk, in its order; null: one that nobody looks at
   */
  public ChunkWriter(ColumnTree tree, List<@Nullable ColumnNode> columns) {
    var cursors = new VectorWriter.Cursor[tree.leaves().size()];
    for (int i = 0; i < cursors.length; i++) cursors[i] = new VectorWriter.Cursor();
    writers = new @Nullable VectorWriter[columns.size()];
    for (int i = 0; i < writers.length; i++) {
      ColumnNode column = columns.get(i);
      writers[i] = column == null ? null : VectorWriter.of(column, cursors);
    }
  }

  /** Writes all rows that the vectors hold; at most as many as a chunk takes. */
  public void write(ColumnVector[] vectors, int rows, MemorySegment chunk) {
    for (int i = 0; i < writers.length; i++) {
      VectorWriter writer = writers[i];
      if (writer == null) continue;
      writer.begin(vectors, Calls.pointer(Calls.CHUNK_VECTOR, chunk, (long) i), rows);
      for (int row = 0; row < rows; row++) writer.put(row);
    }
  }
}
