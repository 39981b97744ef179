/**
 * The HTTP port: metrics, health, readiness, and what later modules mount beside them. Start with
 * {@link oxbow.server.http.HttpPort}. Requests run on Armeria's threads, which never wait; what may
 * wait runs on its few blocking ones.
 */
@NullMarked
package oxbow.server.http;

import org.jspecify.annotations.NullMarked;
