package oxbow.schema.layout;

import java.util.Map;

/**
 * Which column of a layout each part of one schema goes to.
 *
 * <pre>
 *   field             /name            top-level field, or "value" if the schema is no record
 *   field of a record /name/name
 *   array             /name            and /name/element
 *   map               /name            and /name/key, /name/value
 *   T or null         /name            as T alone; so is a union of one branch
 *   union of several  /name            and /name/branch for each branch but null
 * </pre>
 *
 * Names are in the schema's own spelling, a branch's is its type or full name ({@code string},
 * {@code ex.Address}). The paths have no leading slash; within a name {@code ~} is written {@code
 * ~0} and a slash {@code ~1}, as in a JSON pointer. Every part of the schema's shape has a path,
 * also those with parts of their own.
 *
 * @param ids path to id
 */
public record Placement(Map<String, Integer> ids) {
  public Placement {
    ids = Map.copyOf(ids);
  }

  /** The column of the part with this path, which must be one of the schema's. */
  public int id(String path) {
    Integer id = ids.get(path);
    if (id == null) throw new IllegalArgumentException("the schema has no part '" + path + "'");
    return id;
  }

  /** The path of a part within another one; empty: at the top. */
  public static String path(String parent, String name) {
    String step = name.replace("~", "~0").replace("/", "~1");
    return parent.isEmpty() ? step : parent + "/" + step;
  }
}
