package oxbow.schema.registry;

import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.RegistryException;

/**
 * The topic that an association is to be of.
 *
 * @param id null: it isn't there yet; only whether it could be associated is asked
 */
public record AssociatedResource(String name, String namespace, @Nullable String id, String type) {
  private static final int NAME_LENGTH_MAX = 256;

  /** Refuses what is missing, or no name. */
  public static AssociatedResource checked(
      @Nullable String name,
      @Nullable String namespace,
      @Nullable String id,
      @Nullable String type,
      boolean isDryRun) {
    String checkedName = checkedName("resourceName", name);
    String checkedNamespace = checkedName("resourceNamespace", namespace);
    if (!isDryRun && (id == null || id.isEmpty())) {
      throw RegistryException.invalidAssociation("resourceId", "cannot be null or empty");
    }
    if (type != null && !type.isEmpty() && !type.equals(Association.TOPIC)) {
      throw RegistryException.invalidAssociation(
          "resourceType", "must be '" + Association.TOPIC + "'");
    }
    return new AssociatedResource(checkedName, checkedNamespace, id, Association.TOPIC);
  }

  private static String checkedName(String property, @Nullable String name) {
    if (name == null || name.isEmpty()) {
      throw RegistryException.invalidAssociation(property, "cannot be null or empty");
    }
    if (name.length() > NAME_LENGTH_MAX) {
      throw RegistryException.invalidAssociation(
          property, "exceeds max length of " + NAME_LENGTH_MAX);
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!Character.isLetterOrDigit(c) && c != '_' && c != '-') {
        throw RegistryException.invalidAssociation(property, "illegal character '" + c + "'");
      }
    }
    return name;
  }

  /** The subject of a side of the topic that nothing but the topic uses. */
  String ownSubject(String associationType) {
    return ":." + namespace + ":" + name + "-" + associationType;
  }
}
