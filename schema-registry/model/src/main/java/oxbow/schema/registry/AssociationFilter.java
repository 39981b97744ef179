package oxbow.schema.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;

/**
 * Which associations are wanted.
 *
 * @param resourceType null: of any
 * @param types the key's, the value's; empty: both
 * @param lifecycle null: either
 */
public record AssociationFilter(
    @Nullable String resourceType, List<String> types, @Nullable Lifecycle lifecycle) {
  static final AssociationFilter ALL = new AssociationFilter(null, List.of(), null);

  public AssociationFilter {
    types = List.copyOf(types);
  }

  boolean takes(Association association) {
    return (resourceType == null || resourceType.equals(association.resourceType()))
        && (types.isEmpty() || types.contains(association.type()))
        && (lifecycle == null || lifecycle == association.lifecycle());
  }
}
