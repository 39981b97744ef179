package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import oxbow.schema.StoredSchema;

/**
 * The versions that share an id. Most ids have one or two, so these are kept in a list that is
 * replaced; the few with many are kept in a map.
 */
sealed interface Uses {
  int FEW_MAX = 32;

  static Uses of(StoredSchema only) {
    return new Few(List.of(only));
  }

  /** By subject and version. Empty only for the moment in which the last one goes. */
  Collection<StoredSchema> all();

  /** Those of one subject, oldest first. */
  Collection<StoredSchema> of(String subject);

  /** With one more, or in the place of the same version. */
  Uses with(StoredSchema added);

  /** Without a version; null: nothing is left. */
  @Nullable Uses without(StoredSchema removed);

  /** In order; replaced by each change. */
  record Few(List<StoredSchema> sorted) implements Uses {
    @Override
    public Collection<StoredSchema> all() {
      return sorted;
    }

    @Override
    public Collection<StoredSchema> of(String subject) {
      return sorted.stream().filter(schema -> schema.subject().equals(subject)).toList();
    }

    @Override
    public Uses with(StoredSchema added) {
      int place = Collections.binarySearch(sorted, added);
      if (place < 0 && sorted.size() == FEW_MAX) return Many.of(sorted).with(added);
      var changed = new ArrayList<>(sorted);
      if (place < 0) changed.add(-place - 1, added);
      else changed.set(place, added);
      return new Few(List.copyOf(changed));
    }

    @Override
    public @Nullable Uses without(StoredSchema removed) {
      int place = Collections.binarySearch(sorted, removed);
      if (place < 0) return this;
      if (sorted.size() == 1) return null;
      var changed = new ArrayList<>(sorted);
      changed.remove(place);
      return new Few(List.copyOf(changed));
    }
  }

  /** Changed in place; the values count, since a map keeps the keys it had. */
  record Many(NavigableMap<StoredSchema, StoredSchema> sorted) implements Uses {
    static Many of(List<StoredSchema> few) {
      var sorted = new ConcurrentSkipListMap<StoredSchema, StoredSchema>();
      for (StoredSchema schema : few) sorted.put(schema, schema);
      return new Many(sorted);
    }

    @Override
    public Collection<StoredSchema> all() {
      return Collections.unmodifiableCollection(sorted.values());
    }

    @Override
    public Collection<StoredSchema> of(String subject) {
      return sorted
          .subMap(StoredSchema.place(subject, 0), StoredSchema.place(subject, Integer.MAX_VALUE))
          .values();
    }

    @Override
    public Uses with(StoredSchema added) {
      sorted.put(added, added);
      return this;
    }

    @Override
    public @Nullable Uses without(StoredSchema removed) {
      sorted.remove(removed);
      return sorted.isEmpty() ? null : this;
    }
  }
}
