/**
 * Records to columns and back. A batch is cut into records, each record's value goes through the
 * program of its schema into one vector per column, and comes back out of decoded pages the same
 * way. Start with {@link oxbow.cold.shred.RecordShredder} and {@link
 * oxbow.cold.shred.RecordAssembler}; what the columns are says {@link oxbow.cold.shred.ColumnTree}.
 * No files; one thread per object.
 */
@NullMarked
package oxbow.cold.shred;

import org.jspecify.annotations.NullMarked;
