package oxbow.query.sql;

import java.util.List;
import java.util.Optional;
import org.apache.arrow.vector.types.pojo.Schema;

/** Runs SQL over topics. Calls may wait: for a turn, for a plan, for the bucket. Thread-safe. */
public interface SqlEngine extends AutoCloseable {
  /**
   * Begins a query: returns once its columns are known. What it sees is fixed then: every record
   * acknowledged before the call.
   *
   * @throws SqlException it can't be run, or not now
   */
  RunningQuery run(SqlRequest request);

  /**
   * What a statement would give, without running it.
   *
   * @throws SqlException it can't be run
   */
  Description describe(String sql);

  /**
   * What is known of a statement.
   *
   * @param columns of its rows; as long as parameters have no values, their types may be guesses
   * @param parameters how many values it wants
   * @param parameterTypes what each of them is taken for, as Arrow has it; a text where that can't
   *     be told
   */
  record Description(
      List<ResultColumn> columns, Schema schema, int parameters, Schema parameterTypes) {
    public Description {
      columns = List.copyOf(columns);
    }
  }

  /** Queries that wait or run, and those that ended of late; the youngest first. */
  List<QueryStatus> queries();

  Optional<QueryStatus> find(String queryId);

  /**
   * Stops a query: whoever pulls its rows is told {@link SqlException.Kind#CANCELLED}.
   *
   * @return false: there is none of this id under way
   */
  boolean cancel(String queryId);

  /** Stops all queries, and waits for them to have given back what they held. */
  @Override
  void close();
}
