/**
 * Avro values to columns and back. Start with {@link oxbow.cold.shred.avro.AvroProgramCompiler}:
 * each part of a schema becomes a step, which reads what Avro's encoders write and writes it again.
 */
@NullMarked
package oxbow.cold.shred.avro;

import org.jspecify.annotations.NullMarked;
