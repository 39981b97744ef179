/** Stand-ins for the ports of the registry, for its own tests and those of other modules. */
@NullMarked
package oxbow.schema.testing;

import org.jspecify.annotations.NullMarked;
