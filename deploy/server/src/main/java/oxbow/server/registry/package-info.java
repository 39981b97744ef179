/**
 * The schema registry in this process: its records lie in a topic of this broker. Start with {@link
 * oxbow.server.registry.RegistryPart}. The topic is read on a thread of its own; appends run on
 * whichever thread changes something.
 */
@NullMarked
package oxbow.server.registry;

import org.jspecify.annotations.NullMarked;
