/**
 * Cold files as Avro containers, for topics that are replayed more than queried: values stay as
 * they came. Start with {@link oxbow.cold.file.avro.AvroRowFile} and {@link
 * oxbow.cold.file.avro.AvroColdFileReader}.
 */
@NullMarked
package oxbow.cold.file.avro;

import org.jspecify.annotations.NullMarked;
