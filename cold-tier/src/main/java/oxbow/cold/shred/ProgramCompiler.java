package oxbow.cold.shred;

import java.util.Optional;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Placement;

/** Makes the program of a schema for a file's columns. */
public final class ProgramCompiler {
  private ProgramCompiler() {}

  /**
   * @param leafStart first of the leaves that belong to keys or values
   * @param text the schema, which refers to no other
   * @return empty: this schema's values can't lie in these columns
   */
  public static Optional<ValueProgram> compile(
      ColumnTree tree,
      int leafStart,
      int leafEnd,
      int schemaId,
      SchemaType type,
      String text,
      Placement placement) {
    return Optional.empty();
  }
}
