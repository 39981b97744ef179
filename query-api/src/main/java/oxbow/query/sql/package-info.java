/**
 * SQL over topics, hot and cold as one table each. Start with {@link oxbow.query.sql.SqlEngine}:
 * whoever serves SQL, over whatever protocol, needs no more than that.
 *
 * <pre>
 *   RunningQuery query = engine.run(SqlRequest.of("SELECT ..."));   // waits for its turn and a plan
 *   query.columns(), query.schema()                                // known before the first row
 *   while (next(query) != END) write(query.batch());               // Arrow vectors, read in place
 *   query.close();                                                 // always; gives everything back
 * </pre>
 *
 * <p>Whatever goes wrong is a {@link oxbow.query.sql.SqlException}: with {@code run} before the
 * first row, with {@code next} behind some of them. Nothing native is loaded before the first
 * query.
 */
@NullMarked
package oxbow.query.sql;

import org.jspecify.annotations.NullMarked;
