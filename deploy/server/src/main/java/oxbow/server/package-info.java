/**
 * Starts everything. {@link oxbow.server.ServerConfig} holds the settings, read once and checked as
 * a whole; {@code oxbow.server.config} knows every key.
 */
@NullMarked
package oxbow.server;

import org.jspecify.annotations.NullMarked;
