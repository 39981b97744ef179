/** The registry's endpoints, asked over real HTTP. */
@NullMarked
package oxbow.schema.http;

import org.jspecify.annotations.NullMarked;
