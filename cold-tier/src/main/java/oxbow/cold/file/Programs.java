package oxbow.cold.file;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ProgramCompiler;
import oxbow.cold.shred.ProgramCompiler.MessagesMet;
import oxbow.cold.shred.ProgramTable;
import oxbow.cold.shred.ValueProgram;
import oxbow.schema.Framing;
import oxbow.schema.SchemaType;
import oxbow.schema.UndecodableException;

/** The programs of one file: compiled for the schemas that its records name. One thread. */
public final class Programs {
  private static final ProgramTable.Entry UNKNOWN =
      new ProgramTable.Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA);
  private static final ProgramTable.Entry UNMERGED =
      new ProgramTable.Entry.Absent(RawCounts.Reason.UNMERGED_SCHEMA);
  private static final ProgramTable.Entry UNDECODABLE =
      new ProgramTable.Entry.Absent(RawCounts.Reason.UNDECODABLE);

  /** Messages that are told of. */
  private static final int MET_MAX = 10_000;

  private final ColumnTree tree;
  private final Map<Integer, WriterSchema> usedValueSchemas = new LinkedHashMap<>();
  private final Map<Integer, WriterSchema> usedKeySchemas = new LinkedHashMap<>();
  private ProgramTable values = ProgramTable.empty();
  private ProgramTable keys = ProgramTable.empty();

  public Programs(ColumnTree tree) {
    this.tree = tree;
  }

  /** Asks for each schema once, and remembers the ones that found a place. */
  public ProgramTable values(WriterSchemas schemas) {
    Set<Map.Entry<Integer, List<Integer>>> met = new HashSet<>();
    MessagesMet once =
        (id, path) -> {
          // Each record may be one; paths that only look like it must not fill the memory.
          if (met.size() >= MET_MAX || !met.add(Map.entry(id, path))) return;
          schemas.metMessage(id, path);
          values.addAbsent(Integer.toString(id));
        };
    values =
        new ProgramTable(
            id -> compile(schemas.value(id), usedValueSchemas, one -> value(one, once)),
            id ->
                compile(
                    schemas.value(id),
                    usedValueSchemas,
                    one -> ProgramCompiler.bareValue(tree, one, List.of(), once)),
            mark ->
                marked(
                    mark,
                    schemas,
                    schemas::value,
                    usedValueSchemas,
                    (one, path) -> ProgramCompiler.bareValue(tree, one, path, once)));
    return values;
  }

  public ProgramTable keys(WriterSchemas schemas) {
    keys =
        new ProgramTable(
            id -> compile(schemas.key(id), usedKeySchemas, one -> ProgramCompiler.key(tree, one)),
            id ->
                compile(
                    schemas.key(id),
                    usedKeySchemas,
                    one -> ProgramCompiler.bareKey(tree, one, List.of())),
            mark ->
                marked(
                    mark,
                    schemas,
                    schemas::key,
                    usedKeySchemas,
                    (one, path) -> ProgramCompiler.bareKey(tree, one, path)));
    return keys;
  }

  /** For reading, of what the file says itself. */
  public ProgramTable values(Map<Integer, WriterSchema> schemas) {
    return new ProgramTable(
        known(schemas, one -> value(one, MessagesMet.NOBODY)),
        known(schemas, one -> ProgramCompiler.bareValue(tree, one, List.of(), MessagesMet.NOBODY)),
        _ -> UNKNOWN);
  }

  public ProgramTable keys(Map<Integer, WriterSchema> schemas) {
    return new ProgramTable(
        known(schemas, one -> ProgramCompiler.key(tree, one)),
        known(schemas, one -> ProgramCompiler.bareKey(tree, one, List.of())),
        _ -> UNKNOWN);
  }

  public Map<Integer, WriterSchema> usedValueSchemas() {
    return usedValueSchemas;
  }

  public Map<Integer, WriterSchema> usedKeySchemas() {
    return usedKeySchemas;
  }

  /** What values were not put into columns for want of: {@link ProgramTable#absent}. */
  Set<String> absentValueSchemas() {
    return values.absent();
  }

  Set<String> absentKeySchemas() {
    return keys.absent();
  }

  private Optional<ValueProgram> value(WriterSchema schema, MessagesMet met) {
    return ProgramCompiler.value(tree, schema, met);
  }

  private interface Compiler {
    Optional<ValueProgram> compile(WriterSchema schema);
  }

  /** Compiles for a header's mark, which says which message of Protobuf it is. */
  private interface MarkedCompiler {
    Optional<ValueProgram> compile(WriterSchema schema, List<Integer> path);
  }

  private static ProgramTable.Entry compile(
      WriterSchemas.Answer answer, Map<Integer, WriterSchema> used, Compiler compiler) {
    return switch (answer) {
      case WriterSchemas.Answer.Known(WriterSchema schema) -> {
        Optional<ValueProgram> program = compiler.compile(schema);
        if (program.isEmpty()) yield UNMERGED;
        used.put(schema.id(), schema);
        yield new ProgramTable.Entry.Compiled(program.get());
      }
      case WriterSchemas.Answer.Unmerged _ -> UNMERGED;
      case WriterSchemas.Answer.Unknown _ -> UNKNOWN;
    };
  }

  private static ProgramTable.Entry marked(
      ByteBuffer mark,
      WriterSchemas schemas,
      IntFunction<WriterSchemas.Answer> ask,
      Map<Integer, WriterSchema> used,
      MarkedCompiler compiler) {
    OptionalInt id = id(mark, schemas);
    if (id.isEmpty()) return UNKNOWN;
    WriterSchemas.Answer answer = ask.apply(id.getAsInt());
    List<Integer> path = List.of();
    if (answer instanceof WriterSchemas.Answer.Known(WriterSchema schema)
        && schema.type() == SchemaType.PROTOBUF) {
      try {
        path = messagePath(mark);
      } catch (UndecodableException _) {
        return UNDECODABLE;
      }
    }
    if (mark.hasRemaining()) return UNDECODABLE;
    List<Integer> message = path;
    return compile(answer, used, schema -> compiler.compile(schema, message));
  }

  private static OptionalInt id(ByteBuffer mark, WriterSchemas schemas) {
    Optional<Framing.Mark> read = Framing.read(mark);
    if (read.isEmpty()) return OptionalInt.empty();
    return switch (read.get()) {
      case Framing.Mark.Id(int id) -> OptionalInt.of(id);
      case Framing.Mark.Guid(var guid) -> schemas.idOf(guid);
    };
  }

  private static List<Integer> messagePath(ByteBuffer mark) {
    List<Integer> path = new ArrayList<>();
    for (int index : Framing.readMessagePath(mark)) path.add(index);
    return path;
  }

  private static IntFunction<ProgramTable.Entry> known(
      Map<Integer, WriterSchema> schemas, Compiler compiler) {
    return id -> {
      WriterSchema schema = schemas.get(id);
      Optional<ValueProgram> program = schema == null ? Optional.empty() : compiler.compile(schema);
      return program.<ProgramTable.Entry>map(ProgramTable.Entry.Compiled::new).orElse(UNKNOWN);
    };
  }
}
