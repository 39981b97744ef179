/**
 * The records of the topic {@code _schemas}, byte for byte as Confluent's registry writes them.
 * Start with {@link oxbow.schema.record.RecordCodec}. No state, any thread.
 */
@NullMarked
package oxbow.schema.record;

import org.jspecify.annotations.NullMarked;
