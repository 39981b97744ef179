/** An S3 server in this process, and a network before it that fails as it is told. */
@NullMarked
package oxbow.cold.store.testing;

import org.jspecify.annotations.NullMarked;
