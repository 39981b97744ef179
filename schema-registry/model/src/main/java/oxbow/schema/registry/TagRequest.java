package oxbow.schema.registry;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Metadata;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaPart;

/**
 * What is to change in a version for it to become the next one.
 *
 * @param newVersion 0: whichever is next
 * @param metadata null: as it is
 * @param ruleSet null: none, unless rules are merged or removed
 */
public record TagRequest(
    int newVersion,
    Map<SchemaPart, Set<String>> tagsToAdd,
    Map<SchemaPart, Set<String>> tagsToRemove,
    @Nullable Metadata metadata,
    @Nullable RuleSet ruleSet,
    @Nullable RuleSet rulesToMerge,
    Set<String> rulesToRemove) {
  public TagRequest {
    tagsToAdd = Map.copyOf(tagsToAdd);
    tagsToRemove = Map.copyOf(tagsToRemove);
    rulesToRemove = Set.copyOf(rulesToRemove);
  }
}
