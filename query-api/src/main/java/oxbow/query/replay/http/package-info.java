/**
 * Topics and their records over HTTP, below {@code /api/v1/topics}. Start with {@link
 * oxbow.query.replay.http.TopicsService}. Requests arrive on Armeria's threads, which never wait;
 * each replay has a virtual thread of its own, and there is a bound to their number.
 */
@NullMarked
package oxbow.query.replay.http;

import org.jspecify.annotations.NullMarked;
