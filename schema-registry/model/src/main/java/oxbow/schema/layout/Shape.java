package oxbow.schema.layout;

import java.util.List;

/**
 * The columns of one schema, without ids, in the schema's order. A schema that is no record has
 * one, called {@code value}.
 */
public record Shape(List<Column> columns) {
  public Shape {
    columns = List.copyOf(columns);
  }
}
