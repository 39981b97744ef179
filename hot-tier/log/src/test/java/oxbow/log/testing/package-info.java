/** Fakes and builders for tests of this module and of those that use it. */
@NullMarked
package oxbow.log.testing;

import org.jspecify.annotations.NullMarked;
