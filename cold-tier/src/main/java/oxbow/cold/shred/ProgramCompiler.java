package oxbow.cold.shred;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.shred.avro.AvroProgramCompiler;
import oxbow.cold.shred.json.JsonProgramCompiler;
import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;

/** Makes the program of a schema for a file's columns. Stateless. */
public final class ProgramCompiler {
  private ProgramCompiler() {}

  /**
   * Of values behind a schema id.
   *
   * @param met told each message of Protobuf that comes and has no columns
   * @return empty: values of this schema can't lie in these columns
   */
  public static Optional<ValueProgram> value(
      ColumnTree tree, WriterSchema schema, MessagesMet met) {
    Optional<CompiledValue> compiled =
        switch (schema.type()) {
          case AVRO -> AvroProgramCompiler.value(tree, schema.text(), schema.placement());
          case JSON -> JsonProgramCompiler.value(tree, schema.text(), schema.placement());
          case PROTOBUF -> ProtobufProgramCompiler.value(tree, schema, met);
        };
    return compiled.map(value -> program(tree, schema.id(), value));
  }

  /**
   * Of values with nothing before them.
   *
   * @param path in Protobuf which message they are, for writing; empty: for reading
   */
  public static Optional<ValueProgram> bareValue(
      ColumnTree tree, WriterSchema schema, List<Integer> path, MessagesMet met) {
    if (schema.type() != SchemaType.PROTOBUF) return value(tree, schema, met);
    return ProtobufProgramCompiler.bareValue(tree, schema, path, met)
        .map(value -> program(tree, schema.id(), value));
  }

  /** The same as {@link #value} for a key, all of which lies in one column. */
  public static Optional<ValueProgram> key(ColumnTree tree, WriterSchema schema) {
    ColumnNode key = tree.typedKey();
    if (key == null) return Optional.empty();
    Optional<CompiledValue> compiled =
        switch (schema.type()) {
          case AVRO -> AvroProgramCompiler.key(tree, key, schema.text(), schema.placement());
          case JSON -> JsonProgramCompiler.key(tree, key, schema.placement());
          case PROTOBUF -> ProtobufProgramCompiler.key(tree, key, schema);
        };
    return compiled.map(value -> new ValueProgram(schema.id(), value.step(), new int[0]));
  }

  /** The same as {@link #bareValue} for a key. */
  public static Optional<ValueProgram> bareKey(
      ColumnTree tree, WriterSchema schema, List<Integer> path) {
    ColumnNode key = tree.typedKey();
    if (key == null || schema.type() != SchemaType.PROTOBUF) return key(tree, schema);
    return ProtobufProgramCompiler.bareKey(tree, key, schema, path)
        .map(value -> new ValueProgram(schema.id(), value.step(), new int[0]));
  }

  /** Whether a schema is a record, or an object, with a field of this name. */
  public static boolean hasField(ParsedSchema schema, String name) {
    String text = schema.formatted("resolved");
    return switch (schema.type()) {
      case AVRO -> AvroProgramCompiler.hasField(text, name);
      case JSON -> JsonProgramCompiler.hasMember(text, name);
      case PROTOBUF ->
          schema.shape().columns().stream().anyMatch(column -> column.name().equals(name));
    };
  }

  private static ValueProgram program(ColumnTree tree, int schemaId, CompiledValue compiled) {
    int leafStart = tree.leafIndex(SystemColumns.RAW.id()) + 1;
    List<Integer> absent = new ArrayList<>();
    for (ColumnNode node : tree.top()) {
      if (node.leafStart < leafStart || compiled.columns().contains(node)) continue;
      for (int leaf = node.leafStart; leaf < node.leafEnd; leaf++) absent.add(leaf);
    }
    return new ValueProgram(
        schemaId, compiled.step(), absent.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Who is told which messages come that have no columns. */
  @FunctionalInterface
  public interface MessagesMet {
    MessagesMet NOBODY = (_, _) -> {};

    /**
     * @param path of the message in the file; it may be none
     */
    void met(int schemaId, List<Integer> path);
  }
}
