/**
 * The registry itself. Start with {@link oxbow.schema.registry.Registry}: {@code RegistryState} is
 * what the records say, {@code Journal} how a change gets into it, and the others decide what may
 * change. Records are applied on the store's thread; questions are answered on any, without
 * waiting; commands wait for the store, so they run where that is allowed.
 */
@NullMarked
package oxbow.schema.registry;

import org.jspecify.annotations.NullMarked;
