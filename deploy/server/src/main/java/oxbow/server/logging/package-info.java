/**
 * How log lines look and which are written. Start with {@link oxbow.server.logging.Logging}. Lines
 * go to standard output, by the thread that logs.
 */
@NullMarked
package oxbow.server.logging;

import org.jspecify.annotations.NullMarked;
