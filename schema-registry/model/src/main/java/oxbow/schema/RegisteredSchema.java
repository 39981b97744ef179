package oxbow.schema;

import java.util.List;

/**
 * One version of a subject.
 *
 * @param subject with its context, if not the default one
 * @param id number of this content in its context
 * @param references what it declares
 * @param isDeleted softly: still readable by id, no longer offered
 */
public record RegisteredSchema(
    String subject,
    int version,
    int id,
    SchemaType type,
    String text,
    List<SchemaReference> references,
    boolean isDeleted) {}
