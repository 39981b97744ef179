/**
 * Protobuf messages to columns and back. Start with {@link
 * oxbow.cold.shred.protobuf.ProtobufProgramCompiler}. What the usual encoders write comes back out
 * of columns alone: fields by number, defaults left out, numbers packed where the schema says so.
 */
@NullMarked
package oxbow.cold.shred.protobuf;

import org.jspecify.annotations.NullMarked;
