/** Topics' tables as engines see them, for tests of what fills them. */
@NullMarked
package oxbow.cold.table.testing;

import org.jspecify.annotations.NullMarked;
