package oxbow.cold.shred;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.shred.avro.AvroProgramCompiler;
import oxbow.cold.shred.json.JsonProgramCompiler;
import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;

/** Makes the program of a schema for a file's columns. */
public final class ProgramCompiler {
  private static final int AVRO_KEPT_MAX = 256;

  /**
   * The programs of Avro schemas. They depend on nothing but their key, and like classes they get
   * faster when they are used again: by the next file, and by who reads it.
   */
  private static final Cache<Key, Optional<ValueProgram>> AVRO =
      Caffeine.newBuilder().maximumSize(AVRO_KEPT_MAX).executor(Runnable::run).build();

  private record Key(TableColumns columns, WriterSchema schema, boolean isKey) {}

  private ProgramCompiler() {}

  /**
   * Of values behind a schema id.
   *
   * @param met told each message of Protobuf that comes and has no columns
   * @return empty: values of this schema can't lie in these columns
   */
  public static Optional<ValueProgram> value(
      ColumnTree tree, WriterSchema schema, MessagesMet met) {
    return switch (schema.type()) {
      case AVRO ->
          AVRO.get(
              new Key(tree.columns(), schema, false),
              _ ->
                  AvroProgramCompiler.value(tree, schema.text(), schema.placement())
                      .map(value -> program(tree, schema.id(), value)));
      case JSON ->
          JsonProgramCompiler.value(tree, schema.text(), schema.placement())
              .map(value -> program(tree, schema.id(), value));
      case PROTOBUF ->
          ProtobufProgramCompiler.value(tree, schema, met)
              .map(value -> program(tree, schema.id(), value));
    };
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
    return switch (schema.type()) {
      case AVRO ->
          AVRO.get(
              new Key(tree.columns(), schema, true),
              _ ->
                  AvroProgramCompiler.key(tree, key, schema.text(), schema.placement())
                      .map(value -> keyProgram(schema, value)));
      case JSON ->
          JsonProgramCompiler.key(tree, key, schema.placement())
              .map(value -> keyProgram(schema, value));
      case PROTOBUF ->
          ProtobufProgramCompiler.key(tree, key, schema).map(value -> keyProgram(schema, value));
    };
  }

  /** The same as {@link #bareValue} for a key. */
  public static Optional<ValueProgram> bareKey(
      ColumnTree tree, WriterSchema schema, List<Integer> path) {
    ColumnNode key = tree.typedKey();
    if (key == null || schema.type() != SchemaType.PROTOBUF) return key(tree, schema);
    return ProtobufProgramCompiler.bareKey(tree, key, schema, path)
        .map(value -> keyProgram(schema, value));
  }

  private static ValueProgram keyProgram(WriterSchema schema, CompiledValue compiled) {
    return new ValueProgram(schema.id(), compiled.step(), new int[0]);
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
