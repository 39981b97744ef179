/**
 * The Iceberg table of a topic: which cold files there are. The only user of Iceberg. Start with
 * {@link oxbow.cold.table.ColdTable}.
 */
@NullMarked
package oxbow.cold.table;

import org.jspecify.annotations.NullMarked;
