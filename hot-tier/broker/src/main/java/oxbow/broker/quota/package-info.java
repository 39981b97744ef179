/**
 * How much clients may send, receive, compute and change per second. Start with {@link
 * oxbow.broker.quota.ClientQuotas}; the net-* threads and the handlers ask it.
 */
@NullMarked
package oxbow.broker.quota;

import org.jspecify.annotations.NullMarked;
