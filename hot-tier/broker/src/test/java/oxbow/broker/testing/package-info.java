/** Fakes and small helpers for tests of the broker and of what stands on it. */
@NullMarked
package oxbow.broker.testing;

import org.jspecify.annotations.NullMarked;
