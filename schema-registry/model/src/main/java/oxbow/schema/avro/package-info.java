/**
 * Avro schemas: parsed by Avro's own library, compared by the rules of its schema resolution. Start
 * with {@link oxbow.schema.avro.AvroFormat}.
 */
@NullMarked
package oxbow.schema.avro;

import org.jspecify.annotations.NullMarked;
