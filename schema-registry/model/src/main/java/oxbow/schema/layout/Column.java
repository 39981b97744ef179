package oxbow.schema.layout;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column, or a part of one.
 *
 * @param id stays with it for ever; {@link #UNASSIGNED} in a {@link Shape}
 * @param name as the table shows it
 * @param otherNames names under which older or newer versions of the schema have it
 */
public record Column(
    int id,
    String name,
    Set<String> otherNames,
    Type type,
    boolean isOptional,
    @Nullable String doc) {
  public static final int UNASSIGNED = -1;

  public Column {
    otherNames = Set.copyOf(otherNames);
  }
}
