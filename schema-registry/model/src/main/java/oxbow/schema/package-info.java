/**
 * Schemas, the subjects they are versioned under, and what may follow what. Start with {@link
 * oxbow.schema.Schemas} to ask, with {@link oxbow.schema.registry.Registry} to change. Knows
 * neither HTTP nor the log.
 */
@NullMarked
package oxbow.schema;

import org.jspecify.annotations.NullMarked;
