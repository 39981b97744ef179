/**
 * The port to the file system. Start with {@link oxbow.log.io.LogFiles}; {@link
 * oxbow.log.io.LocalLogFiles} is the real one. Called by every thread that touches a log.
 */
@NullMarked
package oxbow.log.io;

import org.jspecify.annotations.NullMarked;
