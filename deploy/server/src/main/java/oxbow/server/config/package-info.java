/**
 * The keys of the configuration: their types, rules and documents, where values come from and what
 * is wrong with them. Start with {@link oxbow.server.config.ConfigKeys}. Used by one thread, before
 * anything else runs.
 */
@NullMarked
package oxbow.server.config;

import org.jspecify.annotations.NullMarked;
