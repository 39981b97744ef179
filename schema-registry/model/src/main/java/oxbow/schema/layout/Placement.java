package oxbow.schema.layout;

import java.util.Map;

/**
 * Which column of a layout each part of one schema goes to.
 *
 * @param ids path to id: names in the schema's own spelling, joined by slashes, with {@code
 *     element}, {@code key}, {@code value} and the names of branches where they apply
 */
public record Placement(Map<String, Integer> ids) {
  public Placement {
    ids = Map.copyOf(ids);
  }
}
