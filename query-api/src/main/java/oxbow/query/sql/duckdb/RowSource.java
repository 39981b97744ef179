package oxbow.query.sql.duckdb;

import java.lang.foreign.MemorySegment;
import java.util.List;
import oxbow.schema.layout.Column;

/** Rows that a statement reads from this process. Any thread. */
public interface RowSource {
  /** All columns that it has, under the names that statements know. */
  List<Column> columns();

  /** About how many rows there are. */
  long rows();

  /**
   * Begins to read.
   *
   * @param columns those that are wanted, by their place among {@link #columns}
   */
  Scan scan(int[] columns);

  /** One reading of the rows by several threads, each of which gets other rows. Any thread. */
  interface Scan extends AutoCloseable {
    /** More threads have nothing to do. */
    int threadsMax();

    Worker worker();

    @Override
    void close();
  }

  /** What one thread reads. */
  interface Worker extends AutoCloseable {
    /**
     * Reads the next rows.
     *
     * @param chunk of the wanted columns; borrowed for the call
     * @return how many there are now; zero: there are no more
     */
    int fill(MemorySegment chunk);

    @Override
    void close();
  }
}
