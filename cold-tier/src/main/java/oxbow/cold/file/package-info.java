/**
 * One cold file: an offset range of one partition that engines read as rows and consumers as the
 * batches they would have got from the log. Start with {@link oxbow.cold.file.ColdFileWriter}.
 */
@NullMarked
package oxbow.cold.file;

import org.jspecify.annotations.NullMarked;
