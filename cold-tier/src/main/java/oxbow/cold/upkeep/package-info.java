/**
 * What is done to the cold tier in the background: records expire, small files are merged,
 * superseded values of compacted topics go, what no reader can need is deleted. Start with {@link
 * oxbow.cold.upkeep.Upkeep}.
 */
@NullMarked
package oxbow.cold.upkeep;

import org.jspecify.annotations.NullMarked;
