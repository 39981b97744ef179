package oxbow.cold.file;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ProgramCompiler;
import oxbow.cold.shred.ProgramTable;
import oxbow.cold.shred.ValueProgram;

/** The programs of one file: compiled for the schemas that its records name. One thread. */
public final class Programs {
  private final ColumnTree tree;
  private final Map<Integer, WriterSchema> usedValueSchemas = new LinkedHashMap<>();
  private final Map<Integer, WriterSchema> usedKeySchemas = new LinkedHashMap<>();

  public Programs(ColumnTree tree) {
    this.tree = tree;
  }

  /** For writing: asks for each schema once, and remembers the ones that found a place. */
  public ProgramTable values(WriterSchemas schemas) {
    return new ProgramTable(
        id -> compile(schemas.value(id), usedValueSchemas, schema -> valueProgram(schema)));
  }

  public ProgramTable keys(WriterSchemas schemas) {
    return new ProgramTable(
        id -> compile(schemas.key(id), usedKeySchemas, schema -> keyProgram(schema)));
  }

  /** For reading: of what the file says itself. */
  public ProgramTable values(Map<Integer, WriterSchema> schemas) {
    return new ProgramTable(known(schemas, this::valueProgram));
  }

  public ProgramTable keys(Map<Integer, WriterSchema> schemas) {
    return new ProgramTable(known(schemas, this::keyProgram));
  }

  public Map<Integer, WriterSchema> usedValueSchemas() {
    return usedValueSchemas;
  }

  public Map<Integer, WriterSchema> usedKeySchemas() {
    return usedKeySchemas;
  }

  private interface Compiler {
    Optional<ValueProgram> compile(WriterSchema schema);
  }

  private Optional<ValueProgram> valueProgram(WriterSchema schema) {
    return ProgramCompiler.value(
        tree, schema.id(), schema.type(), schema.text(), schema.placement());
  }

  private Optional<ValueProgram> keyProgram(WriterSchema schema) {
    return ProgramCompiler.key(tree, schema.id(), schema.type(), schema.text(), schema.placement());
  }

  private static ProgramTable.Entry compile(
      WriterSchemas.Answer answer, Map<Integer, WriterSchema> used, Compiler compiler) {
    return switch (answer) {
      case WriterSchemas.Answer.Known(WriterSchema schema) -> {
        Optional<ValueProgram> program = compiler.compile(schema);
        if (program.isEmpty()) {
          yield new ProgramTable.Entry.Absent(RawCounts.Reason.UNMERGED_SCHEMA);
        }
        used.put(schema.id(), schema);
        yield new ProgramTable.Entry.Compiled(program.get());
      }
      case WriterSchemas.Answer.Unmerged _ ->
          new ProgramTable.Entry.Absent(RawCounts.Reason.UNMERGED_SCHEMA);
      case WriterSchemas.Answer.Unknown _ ->
          new ProgramTable.Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA);
    };
  }

  private static IntFunction<ProgramTable.Entry> known(
      Map<Integer, WriterSchema> schemas, Compiler compiler) {
    return id -> {
      WriterSchema schema = schemas.get(id);
      Optional<ValueProgram> program = schema == null ? Optional.empty() : compiler.compile(schema);
      return program
          .<ProgramTable.Entry>map(ProgramTable.Entry.Compiled::new)
          .orElseGet(() -> new ProgramTable.Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA));
    };
  }
}
