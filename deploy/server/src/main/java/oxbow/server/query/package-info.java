/**
 * The query API over this server's broker. Start with {@link oxbow.server.query.QueryPart}. Local
 * disk is read on a few {@code query-read-*} threads of its own.
 */
@NullMarked
package oxbow.server.query;

import org.jspecify.annotations.NullMarked;
