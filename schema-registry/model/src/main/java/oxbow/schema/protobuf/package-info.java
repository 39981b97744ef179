/**
 * Protobuf: files parsed and printed, linked into descriptors, compared, and laid out as columns.
 * Start with {@link oxbow.schema.protobuf.ProtobufFormat}; a text becomes a {@code ProtoFile}, that
 * a descriptor. No thread of its own; nothing of it is loaded before the first Protobuf schema.
 */
@NullMarked
package oxbow.schema.protobuf;

import org.jspecify.annotations.NullMarked;
