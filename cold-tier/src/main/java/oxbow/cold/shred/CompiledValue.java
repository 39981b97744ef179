package oxbow.cold.shred;

import java.util.Set;

/**
 * What a language's compiler made of a schema.
 *
 * @param step of the whole value
 * @param columns at the top that it fills
 */
public record CompiledValue(ValueStep step, Set<ColumnNode> columns) {
  public CompiledValue {
    columns = Set.copyOf(columns);
  }
}
