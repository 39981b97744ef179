/**
 * What records cost on their way into cold files and back, measured in a process of its own. Start
 * with {@link oxbow.bench.lake.ColdFileMeasure}; one thread.
 */
@NullMarked
package oxbow.bench.lake;

import org.jspecify.annotations.NullMarked;
