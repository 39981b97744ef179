package oxbow.cold.file;

import oxbow.schema.SchemaType;
import oxbow.schema.layout.Placement;

/**
 * A schema that records were written with, as a cold file keeps it.
 *
 * @param text complete: it refers to no other
 * @param placement of its parts in the file's columns
 */
public record WriterSchema(int id, SchemaType type, String text, Placement placement) {}
