/**
 * A pipeline from one database to another, as two small Connect connectors. Start at {@link
 * JdbcTableSource} (table to topic) and {@link JdbcTableSink} (topic to table); {@link JdbcTypes}
 * is the one place that knows how a column becomes a field. A Connect worker runs each task on a
 * thread of its own.
 */
@NullMarked
package oxbow.example.pipeline;

import org.jspecify.annotations.NullMarked;
