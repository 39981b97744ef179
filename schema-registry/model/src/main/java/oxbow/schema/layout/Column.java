package oxbow.schema.layout;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column, or a part of one.
 *
 * @param id stays with it for ever; {@link #UNASSIGNED} in a {@link Shape}
 * @param name as the table shows it
 * @param otherNames in a {@link Shape}: names that older versions of the schema had for it; in a
 *     {@link Layout}: all names that versions have for it, if any differs from the table's
 * @param key what it is known by among its siblings where names may change freely, as Protobuf's
 *     field number: equal keys are one column under whatever name, different keys are two even
 *     under one name; null: its names say it
 */
public record Column(
    int id,
    String name,
    Set<String> otherNames,
    Type type,
    boolean isOptional,
    @Nullable String doc,
    @Nullable Integer key) {
  public static final int UNASSIGNED = -1;

  public Column {
    otherNames = Set.copyOf(otherNames);
  }

  /** A column that its names tell from its siblings. */
  public Column(
      int id,
      String name,
      Set<String> otherNames,
      Type type,
      boolean isOptional,
      @Nullable String doc) {
    this(id, name, otherNames, type, isOptional, doc, null);
  }
}
