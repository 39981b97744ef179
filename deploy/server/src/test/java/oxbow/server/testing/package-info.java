/** A whole server in the tests' own process. */
@NullMarked
package oxbow.server.testing;

import org.jspecify.annotations.NullMarked;
