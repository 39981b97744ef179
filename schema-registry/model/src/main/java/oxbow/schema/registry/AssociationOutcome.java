package oxbow.schema.registry;

import java.util.List;
import java.util.Map;
import oxbow.schema.Association;
import oxbow.schema.StoredSchema;

/**
 * What became of a resource's associations.
 *
 * @param associations those that were made or changed, or those that were asked for
 * @param schemas registered meanwhile, or asked for, by the association's type
 */
public record AssociationOutcome(
    AssociatedResource resource,
    List<Association> associations,
    Map<String, StoredSchema> schemas) {
  public AssociationOutcome {
    associations = List.copyOf(associations);
    schemas = Map.copyOf(schemas);
  }
}
