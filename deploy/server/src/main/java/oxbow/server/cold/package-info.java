/** The cold tier in this server: its bucket, its bounds, its meters. */
@NullMarked
package oxbow.server.cold;

import org.jspecify.annotations.NullMarked;
