package oxbow.query.sql.http;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How much may be asked in SQL over HTTP.
 *
 * @param bodyBytesMax body of one request
 * @param heartbeat silence after which a query that goes on gives a sign of life
 * @param pagedMax queries at a time whose rows are fetched page by page
 * @param pagedIdle how long such a query waits for somebody to fetch its next page
 * @param files a directory of our own, for results that have to be whole before they are sent
 */
public record SqlBounds(
    long bodyBytesMax, Duration heartbeat, int pagedMax, Duration pagedIdle, Path files) {}
