package oxbow.server.query;

import java.nio.file.Path;
import java.time.Duration;
import oxbow.query.sql.SqlLimits;

/**
 * How much the query API may take.
 *
 * @param replaysMax replays at a time
 * @param jobsMax jobs at a time
 * @param jobsDirectory where jobs are kept
 * @param bodyBytesMax body of one request
 * @param timeout from a whole request to an answer that is no stream
 * @param sql what SQL may take
 */
public record QueryBounds(
    int replaysMax,
    int jobsMax,
    Path jobsDirectory,
    long bodyBytesMax,
    Duration timeout,
    SqlLimits sql) {}
