package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.record.RecordKey.AssociationKey;

/** Associations, by what they are asked for by. One thread changes them, any thread asks. */
final class AssociationIndex {
  private static final Comparator<AssociationKey> ORDER =
      Comparator.comparing(AssociationKey::resourceName)
          .thenComparing(AssociationKey::resourceNamespace)
          .thenComparing(AssociationKey::resourceType)
          .thenComparing(AssociationKey::type)
          .thenComparing(AssociationKey::subject);

  private final NavigableMap<AssociationKey, Association> all = new ConcurrentSkipListMap<>(ORDER);
  private final Map<String, Set<AssociationKey>> bySubject = new ConcurrentHashMap<>();
  private final Map<String, Set<AssociationKey>> byResourceId = new ConcurrentHashMap<>();

  void set(Association read) {
    AssociationKey key = AssociationKey.of(read);
    Association old = all.get(key);
    Association added = old == null ? read : createdWith(old, read);
    all.put(key, added);
    if (old != null && !old.resourceId().equals(added.resourceId())) {
      remove(byResourceId, old.resourceId(), key);
    }
    add(byResourceId, added.resourceId(), key);
    add(bySubject, added.subject(), key);
  }

  /** What replaces another was made when that was. */
  private static Association createdWith(Association old, Association read) {
    return new Association(
        read.subject(),
        read.guid(),
        read.resourceName(),
        read.resourceNamespace(),
        read.resourceId(),
        read.resourceType(),
        read.type(),
        read.lifecycle(),
        read.isFrozen(),
        Math.min(old.createdMs(), read.createdMs()),
        read.updatedMs());
  }

  void remove(AssociationKey key) {
    Association old = all.remove(key);
    if (old == null) return;
    remove(byResourceId, old.resourceId(), key);
    remove(bySubject, old.subject(), key);
  }

  private static void add(Map<String, Set<AssociationKey>> index, String name, AssociationKey key) {
    boolean _ = index.computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet()).add(key);
  }

  private static void remove(
      Map<String, Set<AssociationKey>> index, String name, AssociationKey key) {
    index.computeIfPresent(
        name,
        (_, keys) -> {
          keys.remove(key);
          return keys.isEmpty() ? null : keys;
        });
  }

  // ---- asking: each in their order

  Optional<Association> find(AssociationKey key) {
    return Optional.ofNullable(all.get(key));
  }

  List<Association> ofSubject(String subject) {
    return sorted(bySubject.get(subject));
  }

  List<Association> ofResourceId(String resourceId) {
    return sorted(byResourceId.get(resourceId));
  }

  private List<Association> sorted(@Nullable Set<AssociationKey> keys) {
    List<Association> found = new ArrayList<>();
    if (keys == null) return found;
    for (AssociationKey key : keys) find(key).ifPresent(found::add);
    found.sort(null);
    return found;
  }

  List<Association> ofResourceName(String name) {
    var first = new AssociationKey(name, "", "", "", "");
    List<Association> found = new ArrayList<>();
    for (Association association : all.tailMap(first, true).values()) {
      if (!association.resourceName().equals(name)) break;
      found.add(association);
    }
    return found;
  }

  List<Association> everything() {
    return List.copyOf(all.values());
  }
}
