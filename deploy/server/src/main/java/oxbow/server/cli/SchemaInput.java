package oxbow.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaType;
import oxbow.schema.record.JsonForms;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A schema that is given to a command: for which subject, its text, and what belongs to it. */
final class SchemaInput {
  private static final int LATEST = -1;

  private static final String STANDARD_INPUT = "-";

  @Parameters(
      index = "0",
      paramLabel = "SUBJECT",
      description = "The subject, such as orders-value.")
  private String subject = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description = "The schema's text; - or nothing: standard input.")
  private @Nullable Path file;

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      description = "AVRO, JSON or PROTOBUF; by the file's ending (.json, .proto) or AVRO without.")
  private @Nullable String type;

  @Option(
      names = "--reference",
      paramLabel = "NAME=SUBJECT:VERSION",
      description = "What the text calls NAME; VERSION may be latest; repeatable.")
  private @Nullable Map<String, String> references;

  @Option(
      names = "--metadata",
      paramLabel = "KEY=VALUE",
      description = "A property kept with the schema; repeatable.")
  private @Nullable Map<String, String> metadata;

  @Option(
      names = "--rules",
      paramLabel = "FILE",
      description = "The rule set kept with the schema, as JSON.")
  private @Nullable Path rules;

  @Option(names = "--normalize", description = "In the one form of all texts that mean the same.")
  private boolean isNormalized;

  String subject() {
    return subject;
  }

  boolean isNormalized() {
    return isNormalized;
  }

  SchemaType type() {
    if (type == null) {
      String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
      if (name.endsWith(".proto")) return SchemaType.PROTOBUF;
      return name.endsWith(".json") ? SchemaType.JSON : SchemaType.AVRO;
    }
    for (SchemaType known : SchemaType.values()) {
      if (known.name().equalsIgnoreCase(type)) return known;
    }
    throw CommandException.usage("there is no type '" + type + "'", "types: AVRO, JSON, PROTOBUF");
  }

  /** Null: standard input. */
  private @Nullable Path file() {
    return file == null || file.toString().equals(STANDARD_INPUT) ? null : file;
  }

  String text(Terminal terminal) {
    Path file = file();
    try {
      byte[] bytes = file == null ? terminal.in().readAllBytes() : Files.readAllBytes(file);
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (text.isBlank()) {
        throw CommandException.usage(
            file == null ? "standard input holds no schema" : "the file " + file + " is empty", "");
      }
      return text;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  List<SchemaReference> references() {
    List<SchemaReference> all = new ArrayList<>();
    if (references == null) return all;
    references.forEach((name, target) -> {
      int colon = target.lastIndexOf(':');
      String version = target.substring(colon + 1);
      if (colon <= 0 || !version.matches("\\d{1,9}|latest")) {
        throw CommandException.usage(
            "--reference takes NAME=SUBJECT:VERSION, not '" + name + "=" + target + "'", "");
      }
      int number = version.equals("latest") ? LATEST : Integer.parseInt(version);
      all.add(new SchemaReference(name, target.substring(0, colon), number));
    });
    return all;
  }

  Map<String, String> metadata() {
    return metadata == null ? Map.of() : metadata;
  }

  /** The body of a request. */
  Map<String, @Nullable Object> request(String text) {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    request.put("schema", text);
    request.put("schemaType", type().name());
    List<SchemaReference> needed = references();
    if (!needed.isEmpty()) {
      request.put(
          "references",
          needed.stream()
              .map(reference ->
                  Map.of(
                      "name", reference.name(),
                      "subject", reference.subject(),
                      "version", reference.version()))
              .toList());
    }
    if (metadata != null) request.put("metadata", Map.of("properties", metadata));
    if (rules != null) request.put("ruleSet", ruleSet(rules));
    return request;
  }

  private static @Nullable Object ruleSet(Path rules) {
    try {
      JsonNode json = JsonForms.MAPPER.readTree(Files.readString(rules));
      return JsonForms.MAPPER.convertValue(json, Object.class);
    } catch (JsonProcessingException e) {
      throw CommandException.usage("the file " + rules + " is no JSON", e.getOriginalMessage());
    } catch (IOException e) {
      throw unreadable(rules, e);
    }
  }

  private static CommandException unreadable(@Nullable Path file, IOException cause) {
    String what = file == null ? "standard input" : "the file " + file;
    return new CommandException(ExitCode.USAGE, what + " can't be read", "", cause);
  }
}
