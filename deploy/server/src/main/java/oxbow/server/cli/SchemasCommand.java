package oxbow.server.cli;

import static oxbow.server.cli.RegistryClient.encoded;
import static oxbow.server.cli.RegistryClient.path;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaType;
import oxbow.schema.Subject;
import oxbow.schema.record.JsonForms;
import oxbow.server.cli.RegistryClient.Answer;
import oxbow.server.cli.SubjectVersions.Break;
import oxbow.server.cli.SubjectVersions.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow schemas}. */
@Command(
    name = "schemas",
    description = "List, show, register, check, compare and delete schemas.",
    synopsisSubcommandLabel = "COMMAND")
final class SchemasCommand {
  private static final int PAGE = 1_000;
  private static final String SUBJECT_HELP = "The subject, such as orders-value.";

  private final Terminal terminal;

  SchemasCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List subjects with their latest versions.")
  int list(
      @Mixin RegistryOptions options,
      @Parameters(
              arity = "0..1",
              paramLabel = "SUBJECT",
              description = "List the versions of this one.")
          @Nullable String subject,
      @Option(
              names = "--prefix",
              paramLabel = "TEXT",
              description = "Only subjects that begin so, of the default context.")
          @Nullable String prefix,
      @Option(names = "--deleted", description = "Also those that are deleted, but not for good.")
          boolean isDeleted) {
    try (RegistryClient registry = options.client()) {
      var table =
          isDeleted
              ? new Table("subject", "version", "id", "type", "deleted")
              : new Table("subject", "version", "id", "type");
      List<JsonNode> all =
          subject == null
              ? latest(registry, prefix == null ? Subject.ANY_CONTEXT : prefix, isDeleted)
              : versions(registry, subject, isDeleted);
      for (JsonNode schema : all) {
        List<@Nullable Object> row = new ArrayList<>();
        row.add(schema.path("subject").asText());
        row.add(schema.path("version").asInt());
        row.add(schema.path("id").asInt());
        row.add(type(schema).name());
        if (isDeleted) row.add(schema.path("deleted").asBoolean());
        table.row(row.toArray());
      }
      options
          .output(terminal)
          .table(table, "there are no schemas; `oxbow schemas register SUBJECT FILE` adds one");
    }
    return ExitCode.OK;
  }

  private static List<JsonNode> latest(RegistryClient registry, String prefix, boolean isDeleted) {
    List<JsonNode> all = new ArrayList<>();
    int size;
    do {
      size = all.size();
      registry
          .get(
              "/schemas?latestOnly=true&subjectPrefix=%s&deleted=%b&offset=%d&limit=%d"
                  .formatted(encoded(prefix), isDeleted, size, PAGE))
          .forEach(all::add);
    } while (all.size() == size + PAGE);
    return all;
  }

  private static List<JsonNode> versions(
      RegistryClient registry, String subject, boolean isDeleted) {
    List<JsonNode> all = new ArrayList<>();
    String deleted = "?deleted=" + isDeleted;
    for (JsonNode version : registry.get(path("subjects", subject, "versions") + deleted)) {
      all.add(registry.get(path("subjects", subject, "versions", version.asInt()) + deleted));
    }
    return all;
  }

  /** Registries before 8.0 leave Avro out. */
  private static SchemaType type(JsonNode schema) {
    return SchemaType.valueOf(schema.path("schemaType").asText("AVRO"));
  }

  @Command(name = "get", description = "Show a schema, by subject and version or by id.")
  int get(
      @Mixin RegistryOptions options,
      @Parameters(
              index = "0",
              arity = "0..1",
              paramLabel = "SUBJECT",
              description = "The subject, such as orders-value.")
          @Nullable String subject,
      @Parameters(
              index = "1",
              arity = "0..1",
              defaultValue = "latest",
              paramLabel = "VERSION",
              description = "Its version; the latest without.")
          String version,
      @Option(names = "--id", paramLabel = "ID", description = "The schema of this id.")
          @Nullable Integer id,
      @Option(
              names = "--format",
              paramLabel = "FORM",
              description = "resolved (Avro), serialized or ignore_extensions (Protobuf).")
          @Nullable String form,
      @Option(names = "--deleted", description = "Even if it is deleted, but not for good.")
          boolean isDeleted,
      @Option(names = "--bare", description = "Only the text, as it is stored.") boolean isBare) {
    if ((subject == null) == (id == null)) {
      throw CommandException.usage("give a SUBJECT or an --id", "");
    }
    Output output = options.output(terminal);
    try (RegistryClient registry = options.client()) {
      String where =
          subject == null
              ? path("schemas", "ids", String.valueOf(id))
              : path("subjects", subject, "versions", version);
      String query = "?deleted=" + isDeleted + (form == null ? "" : "&format=" + encoded(form));
      JsonNode schema = registry.get(where + query);
      String text = schema.path("schema").asText();
      if (output.isJson()) {
        output.json(plain(schema));
      } else if (isBare) {
        output.line(text);
      } else {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        if (schema.has("subject")) facts.put("subject", schema.path("subject").asText());
        if (schema.has("version")) facts.put("version", schema.path("version").asInt());
        facts.put("id", schema.path("id").asInt(id == null ? 0 : id));
        if (schema.has("guid")) facts.put("guid", schema.path("guid").asText());
        facts.put("type", type(schema).name());
        if (schema.path("deleted").asBoolean()) facts.put("deleted", true);
        JsonNode properties = schema.path("metadata").path("properties");
        if (!properties.isEmpty()) facts.put("metadata", plain(properties));
        if (schema.has("ruleSet")) facts.put("rules", schema.path("ruleSet").toString());
        output.facts(facts, Map.of("references", references(schema)));
        output.line("");
        output.line(SchemaDiff.pretty(type(schema), text));
      }
    }
    return ExitCode.OK;
  }

  private static Table references(JsonNode schema) {
    var table = new Table("reference", "subject", "version");
    for (SchemaReference reference : SubjectVersions.declared(schema)) {
      table.row(reference.name(), reference.subject(), reference.version());
    }
    return table;
  }

  private static Object plain(JsonNode json) {
    return JsonForms.MAPPER.convertValue(json, Object.class);
  }

  @Command(name = "register", description = "Register a schema as a subject's next version.")
  int register(
      @Mixin RegistryOptions options,
      @Mixin SchemaInput input,
      @Option(
              names = "--id",
              paramLabel = "ID",
              description = "Under this id: only where the mode is IMPORT.")
          @Nullable Integer id,
      @Option(
              names = "--as-version",
              paramLabel = "N",
              description = "As this version; without, the next one.")
          @Nullable Integer version) {
    String subject = input.subject();
    Map<String, @Nullable Object> request = input.request(input.text(terminal));
    if (id != null) request.put("id", id);
    if (version != null) request.put("version", version);
    try (RegistryClient registry = options.client()) {
      String where = path("subjects", subject, "versions");
      Answer answer = registry.ask("POST", where + "?normalize=" + input.isNormalized(), request);
      if (answer.status() == 409) {
        throw new CommandException(
            ExitCode.FAILED,
            "the schema is not compatible with " + subject + " (error " + answer.errorCode() + ")",
            "`oxbow schemas check " + subject + " FILE` tells what breaks, and where",
            RegistryClient.refusal(answer));
      }
      JsonNode registered = registry.require(answer);
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("subject", subject);
      facts.put("id", registered.path("id").asInt());
      if (registered.has("version")) facts.put("version", registered.path("version").asInt());
      String versioned =
          registered.has("version") ? " version " + registered.path("version").asInt() : "";
      options
          .output(terminal)
          .done(subject + versioned + " has id " + registered.path("id").asInt(), facts);
    }
    return ExitCode.OK;
  }

  @Command(
      name = "check",
      description = {
        "Check whether a schema may become a subject's next version: what breaks, where, and",
        "which compatibility level would allow it. Exits with 1 if it may not."
      })
  int check(@Mixin RegistryOptions options, @Mixin SchemaInput input) {
    String subject = input.subject();
    String text = input.text(terminal);
    Output output = options.output(terminal);
    try (RegistryClient registry = options.client()) {
      JsonNode verdict =
          registry.post(
              path("compatibility", "subjects", subject, "versions")
                  + "?verbose=true&normalize="
                  + input.isNormalized(),
              input.request(text));
      boolean isCompatible = verdict.path("is_compatible").asBoolean();
      JsonNode settings = registry.get(path("config", subject) + "?defaultToGlobal=true");
      CompatibilityLevel level =
          CompatibilityLevel.named(settings.path("compatibilityLevel").asText())
              .orElseThrow(() ->
                  new CommandException(
                      ExitCode.FAILED,
                      "the registry's settings are unknown here: " + settings,
                      ""));
      Findings findings = findings(registry, input, text, settings);
      if (output.isJson()) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("subject", subject);
        facts.put("compatible", isCompatible);
        facts.put("level", level.name());
        facts.put("breaks", findings.minded(level).stream().map(Break::json).toList());
        facts.put("allowedBy", findings.allowing().stream().map(Enum::name).toList());
        facts.put("messages", plain(verdict.path("messages")));
        output.json(facts);
      } else if (findings.isFirst() && isCompatible) {
        output.line(subject + " has no versions to be compatible with");
      } else {
        output.line(
            (isCompatible ? "compatible with " : "not compatible with ")
                + subject
                + ", whose level is "
                + level);
        if (!isCompatible) print(output, findings, level, verdict.path("messages"));
        if (!findings.allowing().isEmpty()) {
          output.line(
              "levels that allow it: "
                  + String.join(", ", findings.allowing().stream().map(Enum::name).toList()));
        }
      }
      return isCompatible ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  /**
   * What is found out about a schema here.
   *
   * @param problem why nothing is; empty: there is none
   * @param latest the latest version that counts; 0: there is none
   * @param breaks between the schema and all versions that count
   */
  private record Findings(String problem, int latest, List<Break> breaks) {
    boolean isFirst() {
      return problem.isEmpty() && latest == 0;
    }

    List<Break> minded(CompatibilityLevel level) {
      return SubjectVersions.minded(level, latest, breaks);
    }

    Set<CompatibilityLevel> allowing() {
      return problem.isEmpty() ? SubjectVersions.allowing(latest, breaks) : Set.of();
    }
  }

  private static Findings findings(
      RegistryClient registry, SchemaInput input, String text, JsonNode settings) {
    var versions = new SubjectVersions(registry, input.subject());
    ParsedSchema schema;
    try {
      schema = versions.parsed(input.type(), text, input.references());
    } catch (InvalidSchemaException e) {
      return new Findings("the schema is not valid: " + e.getMessage(), 0, List.of());
    }
    List<Version> older = new ArrayList<>();
    try {
      for (int number : versions.numbers()) older.add(versions.version(String.valueOf(number)));
    } catch (InvalidSchemaException e) {
      return new Findings("a version can't be understood: " + e.getMessage(), 0, List.of());
    }
    String group = settings.path("compatibilityGroup").textValue();
    older = SubjectVersions.ofGroup(older, group, input.metadata());
    CompatibilityPolicy policy =
        CompatibilityPolicy.named(settings.path("compatibilityPolicy").textValue())
            .orElse(CompatibilityPolicy.STRICT);
    List<Break> breaks = new ArrayList<>();
    for (Version version : older.reversed()) {
      breaks.addAll(SubjectVersions.breaks(schema, version, policy));
    }
    return new Findings("", older.isEmpty() ? 0 : older.getLast().number(), breaks);
  }

  private static void print(
      Output output, Findings findings, CompatibilityLevel level, JsonNode messages) {
    if (!findings.problem().isEmpty()) {
      output.line("  " + findings.problem());
      return;
    }
    List<Break> breaks = findings.minded(level);
    if (breaks.isEmpty()) {
      // Another reason than its versions, or a registry with other rules than ours.
      for (JsonNode message : messages) output.line("  " + message.asText());
    }
    String shown = "";
    for (Break broken : breaks) {
      String direction =
          broken.isOldData()
              ? "the new schema can't read data of version " + broken.version()
              : "version " + broken.version() + " can't read data of the new schema";
      if (!direction.equals(shown)) {
        output.line("");
        output.line(direction + ":");
      }
      shown = direction;
      Incompatibility why = broken.why();
      output.line("  " + why.rule() + " at " + why.path());
      output.line("    " + broken.sentence());
    }
    output.line("");
  }

  @Command(name = "diff", description = "Show what changed between two versions of a subject.")
  int diff(
      @Mixin RegistryOptions options,
      @Parameters(index = "0", paramLabel = "SUBJECT", description = SUBJECT_HELP) String subject,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "FROM",
              description = "A version; the one before TO without.")
          @Nullable Integer from,
      @Parameters(
              index = "2",
              arity = "0..1",
              paramLabel = "TO",
              description = "A version; the latest without.")
          @Nullable Integer to) {
    Output output = options.output(terminal);
    try (RegistryClient registry = options.client()) {
      var versions = new SubjectVersions(registry, subject);
      List<Integer> numbers = new ArrayList<>();
      for (JsonNode number : registry.get(path("subjects", subject, "versions"))) {
        numbers.add(number.asInt());
      }
      int last = to == null ? numbers.getLast() : to;
      int first =
          from == null
              ? numbers.stream()
                  .filter(number -> number < last)
                  .reduce((_, later) -> later)
                  .orElseThrow(() ->
                      CommandException.notFound(
                          subject + " has no version before " + last, "there is only one"))
              : from;
      Version before = versions.version(String.valueOf(first));
      Version after = versions.version(String.valueOf(last));
      print(output, subject, before, after);
    } catch (InvalidSchemaException e) {
      throw new CommandException(
          ExitCode.FAILED, "a version can't be understood: " + e.getMessage(), "", e);
    }
    return ExitCode.OK;
  }

  private static void print(Output output, String subject, Version before, Version after) {
    List<SchemaDiff.Change> changes = SchemaDiff.changes(before.schema(), after.schema());
    List<Break> breaks = SubjectVersions.breaks(after.schema(), before, CompatibilityPolicy.STRICT);
    List<Break> backward = breaks.stream().filter(Break::isOldData).toList();
    List<Break> forward = breaks.stream().filter(broken -> !broken.isOldData()).toList();
    String old = SchemaDiff.pretty(before.schema().type(), before.schema().canonicalText());
    String now = SchemaDiff.pretty(after.schema().type(), after.schema().canonicalText());
    List<String> lines = SchemaDiff.lines(old, now);
    if (output.isJson()) {
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("subject", subject);
      facts.put("from", before.number());
      facts.put("to", after.number());
      facts.put("changes", changes.stream().map(SchemaDiff.Change::json).toList());
      facts.put("backward", backward.isEmpty());
      facts.put("forward", forward.isEmpty());
      facts.put("breaks", breaks.stream().map(Break::json).toList());
      facts.put("lines", lines);
      output.json(facts);
      return;
    }
    output.line(
        "%s, version %d to %d (%s)"
            .formatted(subject, before.number(), after.number(), after.schema().type()));
    output.line("");
    for (SchemaDiff.Change change : changes) output.line(change.line());
    if (changes.isEmpty()) output.line("no field changed");
    output.line("");
    output.line(
        "version %d reads data of version %d: %s"
            .formatted(after.number(), before.number(), backward.isEmpty() ? "yes" : "no"));
    for (Break broken : backward) output.line("  " + broken.sentence());
    output.line(
        "version %d reads data of version %d: %s"
            .formatted(before.number(), after.number(), forward.isEmpty() ? "yes" : "no"));
    for (Break broken : forward) output.line("  " + broken.sentence());
    output.line("");
    if (old.equals(now)) output.line("the texts are the same");
    else if (lines.isEmpty()) output.line("the texts are too long to be compared by line");
    else lines.forEach(output::line);
  }

  @Command(
      name = "delete",
      description = {
        "Delete a subject, or one version. What is deleted can still be read by id, and comes",
        "back when it is registered again; --permanent deletes it for good."
      })
  int delete(
      @Mixin RegistryOptions options,
      @Mixin Confirmation confirmation,
      @Parameters(index = "0", paramLabel = "SUBJECT", description = SUBJECT_HELP) String subject,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "VERSION",
              description = "Only this version.")
          @Nullable String version,
      @Option(
              names = "--permanent",
              description = "For good: records written with it can't be read any more.")
          boolean isPermanent) {
    String what = subject + (version == null ? "" : " version " + version);
    confirmation.require(
        terminal,
        "delete "
            + what
            + (isPermanent ? " for good: records written with it can't be read any more" : ""));
    String where =
        version == null
            ? path("subjects", subject)
            : path("subjects", subject, "versions", version);
    try (RegistryClient registry = options.client()) {
      Answer answer = registry.ask("DELETE", where + (isPermanent ? "?permanent=true" : ""), null);
      if (isPermanent && (answer.errorCode() == 40405 || answer.errorCode() == 40407)) {
        registry.delete(where); // what is to go for good has to be deleted first
        answer = registry.ask("DELETE", where + "?permanent=true", null);
      }
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("subject", subject);
      facts.put("deleted", plain(registry.require(answer)));
      facts.put("permanent", isPermanent);
      options.output(terminal).done("deleted " + what + (isPermanent ? " for good" : ""), facts);
    }
    return ExitCode.OK;
  }

  @Command(
      name = "config",
      description = "Show or change the compatibility level and other settings.")
  int config(
      @Mixin RegistryOptions options,
      @Parameters(
              arity = "0..1",
              paramLabel = "SUBJECT",
              description = "Of this subject; of all without.")
          @Nullable String subject,
      @Option(
              names = {"-l", "--level"},
              paramLabel = "LEVEL",
              description =
                  "NONE, BACKWARD, FORWARD or FULL, the last three also with _TRANSITIVE.")
          @Nullable String level,
      @Option(
              names = {"-c", "--set"},
              paramLabel = "KEY=VALUE",
              description =
                  "Set normalize, compatibilityGroup, alias, ...; null clears; repeatable.")
          @Nullable Map<String, String> set,
      @Option(names = "--unset", description = "Back to what holds for all.") boolean isUnset) {
    if (isUnset && (level != null || set != null)) {
      throw CommandException.usage("--unset excludes --level and --set", "");
    }
    String where = subject == null ? path("config") : path("config", subject);
    Output output = options.output(terminal);
    String whose = subject == null ? "all subjects" : subject;
    try (RegistryClient registry = options.client()) {
      if (isUnset) {
        registry.delete(where);
        output.done("unset the settings of " + whose, Map.of("subject", whose, "unset", true));
      } else if (level != null || set != null) {
        Map<String, @Nullable Object> change = new LinkedHashMap<>();
        if (level != null) change.put("compatibility", level);
        if (set != null) set.forEach((key, value) -> change.put(key, typed(value)));
        registry.put(where, change);
        output.done("changed the settings of " + whose, Map.of("subject", whose, "changed", true));
      } else {
        boolean isOwn = subject == null || registry.ask("GET", where, null).isOk();
        show(output, whose, isOwn, registry.get(where + "?defaultToGlobal=true"));
      }
    }
    return ExitCode.OK;
  }

  private static @Nullable Object typed(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      case "null" -> null;
      default -> value;
    };
  }

  private static void show(Output output, String whose, boolean isOwn, JsonNode settings) {
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("subject", whose);
    facts.put("own", isOwn);
    for (Map.Entry<String, JsonNode> setting : settings.properties()) {
      facts.put(setting.getKey(), plain(setting.getValue()));
    }
    output.facts(facts, Map.of());
  }

  @Command(name = "mode", description = "Show or change what may be done: READWRITE, READONLY, ...")
  int mode(
      @Mixin RegistryOptions options,
      @Parameters(
              arity = "0..1",
              paramLabel = "SUBJECT",
              description = "With this subject; with all without.")
          @Nullable String subject,
      @Option(
              names = {"-s", "--set"},
              paramLabel = "MODE",
              description = "READWRITE, READONLY, READONLY_OVERRIDE, IMPORT or FORWARD.")
          @Nullable String mode,
      @Option(names = "--force", description = "IMPORT even where there are schemas already.")
          boolean isForced,
      @Option(names = "--unset", description = "Back to what holds for all.") boolean isUnset) {
    if (isUnset && mode != null) throw CommandException.usage("--unset excludes --set", "");
    String where = subject == null ? path("mode") : path("mode", subject);
    Output output = options.output(terminal);
    String whose = subject == null ? "all subjects" : subject;
    try (RegistryClient registry = options.client()) {
      if (isUnset) {
        registry.delete(where);
        output.done("unset the mode of " + whose, Map.of("subject", whose, "unset", true));
      } else if (mode != null) {
        JsonNode now = registry.put(where + "?force=" + isForced, Map.of("mode", mode));
        String shown = now.path("mode").asText();
        output.done(
            "the mode of " + whose + " is " + shown, Map.of("subject", whose, "mode", shown));
      } else {
        boolean isOwn = subject == null || registry.ask("GET", where, null).isOk();
        show(output, whose, isOwn, registry.get(where + "?defaultToGlobal=true"));
      }
    }
    return ExitCode.OK;
  }
}
