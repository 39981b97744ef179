package oxbow.query.sql;

import java.time.Duration;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A query under way. Rows come in batches, as fast as they are asked for and not faster. One thread
 * at a time pulls them; any may cancel. Whoever was given it closes it.
 */
public interface RunningQuery extends AutoCloseable {
  String id();

  /** Its columns, as many as {@link #schema} has fields. */
  List<ResultColumn> columns();

  /** Its columns as Arrow has them. None is dictionary-encoded, none is a view or an extension. */
  Schema schema();

  /** Whether it goes on with records to come ({@code EMIT CHANGES}) instead of ending. */
  boolean isContinuous();

  /** What {@link #next} found. */
  enum Step {
    /** {@link #batch} has rows. */
    BATCH,
    /** Nothing for as long as one wanted to wait: time for a heartbeat. */
    QUIET,
    /** There are no more; a file that was asked for is whole. */
    END
  }

  /**
   * Waits for the next rows; where a file was asked for, there are none, and it waits for the file.
   *
   * @throws SqlException it failed, was cancelled, or took too long; no more rows will come
   */
  Step next(Duration patience);

  /** The rows found by {@link #next}: borrowed until it is called again, or this is closed. */
  VectorSchemaRoot batch();

  /** How far it is, and once it has ended how it went. */
  QueryStatus status();

  /** Stops it soon: {@link #next} throws. */
  void cancel();

  /** Ends it, whether all rows were taken or not, and gives back everything it held. */
  @Override
  void close();
}
