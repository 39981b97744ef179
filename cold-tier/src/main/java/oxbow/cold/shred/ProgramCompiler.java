package oxbow.cold.shred;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.shred.avro.AvroProgramCompiler;
import oxbow.cold.shred.json.JsonProgramCompiler;
import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Placement;

/** Makes the program of a schema for a file's columns. Stateless. */
public final class ProgramCompiler {
  private ProgramCompiler() {}

  /**
   * @param text the schema, which refers to no other
   * @return empty: values of this schema can't lie in these columns
   */
  public static Optional<ValueProgram> value(
      ColumnTree tree, int schemaId, SchemaType type, String text, Placement placement) {
    int leafStart = tree.leafIndex(SystemColumns.RAW.id()) + 1;
    Optional<CompiledValue> compiled =
        switch (type) {
          case AVRO -> AvroProgramCompiler.value(tree, text, placement);
          case JSON -> JsonProgramCompiler.value(tree, text, placement);
          case PROTOBUF -> ProtobufProgramCompiler.value(tree, text, placement);
        };
    return compiled.map(value -> program(tree, schemaId, value, leafStart));
  }

  /** The same for a key, all of which lies in one column. */
  public static Optional<ValueProgram> key(
      ColumnTree tree, int schemaId, SchemaType type, String text, Placement placement) {
    ColumnNode key = Objects.requireNonNull(tree.find(SystemColumns.BINARY_KEY.id()));
    return switch (type) {
      case AVRO ->
          AvroProgramCompiler.key(tree, key, text, placement)
              .map(compiled -> new ValueProgram(schemaId, compiled.step(), new int[0]));
      case JSON, PROTOBUF -> Optional.empty();
    };
  }

  private static ValueProgram program(
      ColumnTree tree, int schemaId, CompiledValue compiled, int leafStart) {
    List<Integer> absent = new ArrayList<>();
    for (ColumnNode node : tree.top()) {
      if (node.leafStart < leafStart || compiled.columns().contains(node)) continue;
      for (int leaf = node.leafStart; leaf < node.leafEnd; leaf++) absent.add(leaf);
    }
    return new ValueProgram(
        schemaId, compiled.step(), absent.stream().mapToInt(Integer::intValue).toArray());
  }
}
