/** Fetch with its sessions and long polls, and look-ups of offsets by time or epoch. */
@NullMarked
package oxbow.broker.fetch;

import org.jspecify.annotations.NullMarked;
