/**
 * Stand-ins for what the cold tier talks to: a store in memory that fails as told. Shipped in the
 * module's test jar.
 */
@NullMarked
package oxbow.cold.testing;

import org.jspecify.annotations.NullMarked;
