/** Batches made by hand, with every field and every oddity that the format allows. */
@NullMarked
package oxbow.cold.file.testing;

import org.jspecify.annotations.NullMarked;
