/** Fakes for tests of what asks {@link oxbow.query.Topics}. */
@NullMarked
package oxbow.query.testing;

import org.jspecify.annotations.NullMarked;
