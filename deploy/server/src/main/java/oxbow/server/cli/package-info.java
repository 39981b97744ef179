/**
 * The command line: what {@code ./oxbow} can do besides running. Start with {@link
 * oxbow.server.cli.Cli}. Commands talk to a server as any client does, over the Kafka protocol or
 * the registry's HTTP, on the main thread.
 */
@NullMarked
package oxbow.server.cli;

import org.jspecify.annotations.NullMarked;
