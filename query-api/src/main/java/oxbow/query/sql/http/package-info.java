/**
 * SQL over HTTP, at {@code /api/v1/sql} and {@code /api/v1/queries}. Start with {@link
 * oxbow.query.sql.http.SqlService}. Requests arrive on Armeria's threads, which never wait; each
 * query has a virtual thread of its own, and the engine bounds their number.
 */
@NullMarked
package oxbow.query.sql.http;

import org.jspecify.annotations.NullMarked;
