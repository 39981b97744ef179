package oxbow.query.replay.http;

import java.time.Duration;

/**
 * How much may be asked of topics over HTTP.
 *
 * @param replaysMax replays at a time
 * @param bodyBytesMax body of one request
 * @param timeout from a whole request to an answer that is no stream
 * @param heartbeat silence after which a stream that is followed gives a sign of life
 */
public record HttpBounds(int replaysMax, long bodyBytesMax, Duration timeout, Duration heartbeat) {}
