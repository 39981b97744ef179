package oxbow.schema.registry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Metadata;
import oxbow.schema.RegistryException;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaReference;

/**
 * A schema as a client sends it, to be registered, looked up or checked.
 *
 * @param text null or blank: that of the latest version
 * @param type null: Avro
 * @param references a version of -1 means the latest
 * @param id negative: the registry chooses
 * @param version 0: the next one; -1: the next one, told in the metadata
 * @param tagsToAdd to parts of the schema
 * @param tagsToRemove from parts of the schema
 * @param keepsTags takes over the tags inside the latest version
 */
public record SchemaRequest(
    @Nullable String text,
    @Nullable String type,
    List<SchemaReference> references,
    int id,
    int version,
    @Nullable Metadata metadata,
    @Nullable RuleSet ruleSet,
    Map<SchemaPart, Set<String>> tagsToAdd,
    Map<SchemaPart, Set<String>> tagsToRemove,
    boolean keepsTags) {
  public static final int NO_ID = -1;

  public SchemaRequest {
    references = List.copyOf(references);
    tagsToAdd = Map.copyOf(tagsToAdd);
    tagsToRemove = Map.copyOf(tagsToRemove);
  }

  /** A text and nothing else. */
  public static SchemaRequest of(
      @Nullable String type, @Nullable String text, List<SchemaReference> references) {
    return new SchemaRequest(
        text, type, references, NO_ID, 0, null, null, Map.of(), Map.of(), false);
  }

  public boolean isBlank() {
    return text == null || text.isBlank();
  }

  String requiredText() {
    if (text == null || text.isBlank()) throw RegistryException.invalidSchema("Empty schema");
    return text;
  }

  public boolean changesTags() {
    return !tagsToAdd.isEmpty() || !tagsToRemove.isEmpty();
  }

  SchemaRequest with(@Nullable Metadata metadata, @Nullable RuleSet ruleSet) {
    return new SchemaRequest(
        text, type, references, id, version, metadata, ruleSet, tagsToAdd, tagsToRemove, keepsTags);
  }

  SchemaRequest with(
      @Nullable String text, @Nullable String type, List<SchemaReference> references) {
    return new SchemaRequest(
        text, type, references, id, version, metadata, ruleSet, tagsToAdd, tagsToRemove, keepsTags);
  }

  SchemaRequest withVersion(int version) {
    return new SchemaRequest(
        text, type, references, id, version, metadata, ruleSet, tagsToAdd, tagsToRemove, keepsTags);
  }
}
