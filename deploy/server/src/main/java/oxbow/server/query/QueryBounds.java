package oxbow.server.query;

import java.time.Duration;

/**
 * How much the query API may take.
 *
 * @param replaysMax replays at a time
 * @param bodyBytesMax body of one request
 * @param timeout from a whole request to an answer that is no stream
 */
public record QueryBounds(int replaysMax, long bodyBytesMax, Duration timeout) {}
