package oxbow.broker.wire;

import io.netty.channel.FileRegion;
import java.util.Collection;

/**
 * A response in bytes: what was appended to the buffer, and the file regions to send in between.
 * Whoever holds it sends or releases the regions.
 *
 * @param frameBytes all of it, the size field included
 * @param cuts in ascending order of position; empty: just send the buffer
 */
public record EncodedResponse(long frameBytes, Collection<Cut> cuts) {
  /**
   * A region to send once the buffer's bytes before {@code position} are.
   *
   * @param position reader index in the buffer
   */
  public record Cut(int position, FileRegion region) {}
}
