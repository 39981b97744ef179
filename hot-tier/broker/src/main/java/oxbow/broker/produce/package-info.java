/** Produce, and the identity of idempotent producers. */
@NullMarked
package oxbow.broker.produce;

import org.jspecify.annotations.NullMarked;
