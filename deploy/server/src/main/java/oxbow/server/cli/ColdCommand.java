package oxbow.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException;
import oxbow.server.ServerConfig;
import oxbow.server.cold.BucketStores;
import oxbow.server.cold.ColdBounds;
import oxbow.server.cold.Restore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow cold}. */
@Command(
    name = "cold",
    description = "Show, verify, merge, retype, erase and restore what lies in the cold tier.",
    synopsisSubcommandLabel = "COMMAND")
final class ColdCommand {
  private static final String ROOT = "/api/v1/cold";
  private static final String BASE64_LINE = "base64:";
  private static final String JSON_LINE = "json:";
  private static final Duration ASK_EVERY = Duration.ofMillis(200);

  private final Terminal terminal;

  ColdCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "status", description = "Show how far each partition is in the cold tier.")
  int status(
      @Mixin HttpOptions server,
      @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Only this topic.")
          @Nullable String topic) {
    Map<?, ?> answer = server.get(ROOT + "/status" + query(topic));
    Output output = server.output(terminal);
    var table =
        new Table(
            "topic",
            "partition",
            "log_start",
            "local_start",
            "cold_end",
            "log_end",
            "backlog_bytes",
            "lag_ms",
            "files",
            "bytes",
            "trouble");
    for (Map<?, ?> row : rows(answer, "partitions")) {
      table.row(
          row.get("topic"),
          row.get("partition"),
          row.get("logStart"),
          row.get("localStart"),
          row.get("coldEnd"),
          row.get("logEnd"),
          row.get("backlogBytes"),
          row.get("lagMs"),
          row.get("files"),
          row.get("bytes"),
          row.get("trouble"));
    }
    output.table(table, "no topic has a cold tier");
    if (answer.get("storeAwaySeconds") instanceof Long seconds && seconds > 0) {
      output.note(
          "the object store has not taken records for "
              + seconds
              + " s: "
              + answer.get("storeTrouble"));
    }
    return ExitCode.OK;
  }

  @Command(
      name = "check",
      description = {
        "Try the configured bucket out: is it there, may it be written, does it keep its word?",
        "Needs no server; a small object is written and deleted again."
      })
  int check(
      @Mixin ConfigOptions config,
      @Option(names = "--json", description = "Print JSON instead of text.") boolean isJson) {
    ColdBounds bounds = bounds(ServerConfig.load(config.sources(terminal)));
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("bucket", bounds.bucket().name());
    try {
      facts.put("cluster", BucketStores.check(bounds).orElse("none yet"));
    } catch (StoreException e) {
      throw new CommandException(
          e.kind() == StoreException.Kind.DENIED ? ExitCode.FAILED : ExitCode.UNREACHABLE,
          "the bucket " + bounds.bucket().name() + " can't be used: " + e.getMessage(),
          "",
          e);
    }
    facts.put("state", "good");
    new Output(terminal, isJson).facts(facts, Map.of());
    return ExitCode.OK;
  }

  @Command(
      name = "restore",
      description = {
        "Bring a cluster back from its bucket into an empty data directory.",
        "Topics, settings, schemas and groups' offsets come back; records stay in the bucket and"
            + " are served from there. Start the server with the same configuration afterwards."
      })
  int restore(
      @Mixin ConfigOptions config,
      @Option(
              names = "--take-over",
              description =
                  "Also if another server wrote to the bucket just now: it can't any more.")
          boolean takesOver,
      @Option(names = "--json", description = "Print JSON instead of text.") boolean isJson) {
    ServerConfig loaded = ServerConfig.load(config.sources(terminal));
    ColdBounds bounds = bounds(loaded);
    Restore.Result result;
    try {
      result = Restore.run(loaded, bounds, takesOver);
    } catch (StoreException e) {
      throw new CommandException(
          e.kind() == StoreException.Kind.BUSY ? ExitCode.UNREACHABLE : ExitCode.FAILED,
          "not restored: " + e.getMessage(),
          "",
          e);
    }
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("bucket", bounds.bucket().name());
    facts.put("cluster", result.cluster());
    facts.put("topics", result.topics());
    facts.put("partitions", result.partitions());
    facts.put("offsets", result.records());
    facts.put("schema_bytes", result.schemaBytes());
    facts.put("group_offsets", result.groupOffsets());
    facts.put("group_offsets_set_back", result.clamped());
    var empty = new Table("topic_without_records");
    result.empty().forEach(empty::row);
    var problems = new Table("problem");
    result.problems().forEach(problems::row);
    new Output(terminal, isJson).facts(facts, Map.of("empty", empty, "problems", problems));
    return ExitCode.OK;
  }

  private ColdBounds bounds(ServerConfig config) {
    return config
        .cold()
        .orElseThrow(() ->
            CommandException.usage(
                "remote.log.storage.system.enable is false: there is no cold tier", ""));
  }

  @Command(name = "files", description = "Show the cold files of a topic.")
  int files(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "TOPIC", description = "The topic.") String topic,
      @Option(
              names = {"-p", "--partition"},
              paramLabel = "N",
              description = "Only of this partition.")
          @Nullable Integer partition) {
    String path = topicPath(topic) + "/files";
    Map<?, ?> answer = server.get(partition == null ? path : path + "?partition=" + partition);
    var table =
        new Table(
            "partition",
            "base_offset",
            "end_offset",
            "records",
            "bytes",
            "log_bytes",
            "first_timestamp",
            "last_timestamp",
            "format",
            "name");
    for (Map<?, ?> row : rows(answer, "files")) {
      table.row(
          row.get("partition"),
          row.get("baseOffset"),
          row.get("endOffset"),
          row.get("records"),
          row.get("bytes"),
          row.get("logBytes"),
          row.get("firstTimestamp"),
          row.get("lastTimestamp"),
          row.get("format"),
          row.get("name"));
    }
    server.output(terminal).table(table, "the cold tier has nothing of " + topic + " yet");
    return ExitCode.OK;
  }

  @Command(
      name = "raw",
      description = "Show how many records have no columns of their own in tables, and why.")
  int raw(
      @Mixin HttpOptions server,
      @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Only this topic.")
          @Nullable String topic) {
    var table = new Table("topic", "partition", "reason", "records");
    for (Map<?, ?> row : rows(server.get(ROOT + "/raw" + query(topic)), "raw")) {
      table.row(row.get("topic"), row.get("partition"), row.get("reason"), row.get("records"));
    }
    server.output(terminal).table(table, "every record has its columns");
    return ExitCode.OK;
  }

  @Command(
      name = "verify",
      description = {
        "Read every cold file back and compare it with what the log had.",
        "Counts, offsets and the checksum of each batch are compared; exit code 1: some differ"
            + " (bad), or could not be read now (incomplete)."
      })
  int verify(
      @Mixin HttpOptions server,
      @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Only this topic.")
          @Nullable String topic) {
    Map<?, ?> job = server.post(ROOT + "/verify" + query(topic));
    String path = ROOT + "/verify/" + job.get("job");
    while ("running".equals(job.get("state"))) {
      LockSupport.parkNanos(ASK_EVERY.toNanos());
      job = server.get(path);
    }
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    for (String fact : List.of("state", "files", "records", "batches")) {
      facts.put(fact, job.get(fact));
    }
    facts.put("bytes", job.get("bytesDone"));
    var problems = new Table("problem");
    if (job.get("problems") instanceof List<?> list) list.forEach(problems::row);
    server.output(terminal).facts(facts, Map.of("problems", problems));
    return "good".equals(job.get("state")) ? ExitCode.OK : ExitCode.FAILED;
  }

  @Command(
      name = "retype",
      description = {
        "Give old records of a topic their columns, once their schema is there.",
        "Files with such records are written anew, in the background; what consumers read stays the"
            + " same, byte for byte. It may be stopped and begun again at any time."
      })
  int retype(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "TOPIC", description = "The topic.") String topic,
      @Option(
              names = "--all",
              description = "Write every file anew, whether it gets more columns or not.")
          boolean isAll,
      @Option(names = "--detach", description = "Don't wait until it is done.")
          boolean isDetached) {
    Map<?, ?> job = server.post(topicPath(topic) + "/retype" + (isAll ? "?all=true" : ""));
    String path = ROOT + "/retype/" + job.get("job");
    if (!isDetached) {
      try (var progress = new Progress(terminal, "retype " + topic, -1)) {
        while ("running".equals(job.get("state"))) {
          LockSupport.parkNanos(ASK_EVERY.toNanos());
          job = server.get(path);
          progress.update(number(job, "filesDone"), number(job, "records"), number(job, "bytes"));
        }
      }
    }
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    for (String fact : List.of("job", "state", "files", "records", "bytes")) {
      facts.put(fact, job.get(fact));
    }
    facts.put("files_retyped", job.get("filesRetyped"));
    var problems = new Table("problem");
    if (job.get("problems") instanceof List<?> list) list.forEach(problems::row);
    server.output(terminal).facts(facts, Map.of("problems", problems));
    return isDetached || "done".equals(job.get("state")) ? ExitCode.OK : ExitCode.FAILED;
  }

  private static long number(Map<?, ?> job, String name) {
    return job.get(name) instanceof Number number ? number.longValue() : 0;
  }

  @Command(name = "merge", description = "Merge the small cold files of a topic now.")
  int merge(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "TOPIC", description = "The topic.") String topic) {
    Map<?, ?> answer = server.post(topicPath(topic) + "/merge");
    Map<String, @Nullable Object> told = new LinkedHashMap<>();
    told.put("topic", topic);
    told.put("partitions", answer.get("partitions"));
    server
        .output(terminal)
        .done("small files of " + topic + " are being merged; `oxbow cold files` shows them", told);
    return ExitCode.OK;
  }

  @Command(
      name = "erase",
      description = {
        "Take all records with some keys out of a topic, for good.",
        "The log, cold files and what old snapshots still have are written anew without them; all"
            + " other records stay where they are. Then everything is read back. Records that come"
            + " meanwhile are not meant. Exit code 1: something may be left, and it says what; mend"
            + " that and repeat it."
      })
  int erase(
      @Mixin HttpOptions server,
      @Mixin Confirmation confirmation,
      @Option(
              names = {"-t", "--topic"},
              required = true,
              paramLabel = "TOPIC",
              description = "The topic.")
          String topic,
      @Option(
              names = {"-k", "--key"},
              paramLabel = "KEY",
              description = "A key, as text; may be repeated.")
          @Nullable List<String> keys,
      @Option(
              names = {"--key-base64", "--key.base64"},
              paramLabel = "BASE64",
              description = "A key's bytes, as base64; may be repeated.")
          @Nullable List<String> keysBase64,
      @Option(
              names = {"--key-json", "--key.json"},
              paramLabel = "JSON",
              description = {
                "A key as JSON, as `oxbow consume` shows it: found in whatever bytes its schema"
                    + " writes it, and in JSON without one; may be repeated."
              })
          @Nullable List<String> keysJson,
      @Option(
              names = "--keys-file",
              paramLabel = "FILE",
              description =
                  "A file of keys, a line each: text, base64 behind `base64:`, or JSON behind"
                      + " `json:`.")
          @Nullable Path keysFile) {
    List<String> texts = new ArrayList<>(keys == null ? List.of() : keys);
    List<String> encoded = new ArrayList<>(keysBase64 == null ? List.of() : keysBase64);
    List<String> meant = new ArrayList<>(keysJson == null ? List.of() : keysJson);
    if (keysFile != null) readKeys(keysFile, texts, encoded, meant);
    int count = texts.size() + encoded.size() + meant.size();
    if (count == 0) {
      throw CommandException.usage("there is no key to erase", "name one with --key");
    }
    confirmation.require(
        terminal,
        "erase all records with "
            + (count == 1 ? "1 key" : count + " keys")
            + " from "
            + topic
            + ", for good");
    Map<?, ?> job =
        server.post(
            topicPath(topic) + "/erase",
            Map.of("keys", texts, "keysBase64", encoded, "keysJson", meant));
    String path = ROOT + "/erase/" + job.get("job");
    while ("running".equals(job.get("state"))) {
      LockSupport.parkNanos(ASK_EVERY.toNanos());
      job = server.get(path);
    }
    tellErased(server.output(terminal), job);
    return "done".equals(job.get("state")) ? ExitCode.OK : ExitCode.FAILED;
  }

  private static void readKeys(
      Path file, List<String> texts, List<String> encoded, List<String> meant) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.isEmpty()) continue;
        if (line.startsWith(BASE64_LINE)) encoded.add(line.substring(BASE64_LINE.length()));
        else if (line.startsWith(JSON_LINE)) meant.add(line.substring(JSON_LINE.length()));
        else texts.add(line);
      }
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE, "the file " + file + " can't be read", "is it there, and yours?", e);
    }
  }

  /** JSON is the server's own report; people get what it comes to. */
  private static void tellErased(Output output, Map<?, ?> job) {
    if (output.isJson()) {
      output.json(job);
      return;
    }
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("state", job.get("state"));
    if (job.get("keysReadBy") instanceof List<?> schemas && !schemas.isEmpty()) {
      facts.put(
          "keys_read_by_schema", String.join(", ", schemas.stream().map(String::valueOf).toList()));
    }
    facts.put("records_in_log", job.get("logRecords"));
    facts.put("records_in_cold_files", job.get("coldRecords"));
    facts.put("records_in_old_files", job.get("pastRecords"));
    facts.put("snapshots_forgotten", job.get("forgottenSnapshots"));
    facts.put("objects_deleted", size(job.get("deletedObjects")));
    if (job.get("proof") instanceof Map<?, ?> proof) {
      facts.put("segments_read_back", proof.get("logSegments"));
      facts.put("cold_files_read_back", proof.get("coldFiles"));
      facts.put("records_left", proof.get("records"));
      facts.put("files_left", size(proof.get("filesLeft")));
    }
    var partitions =
        new Table("partition", "end_offset", "segments_rewritten", "files_replaced", "records");
    for (Map<?, ?> row : rows(job, "partitions")) {
      long cold = rows(row, "replaced").stream().mapToLong(one -> number(one.get("records"))).sum();
      partitions.row(
          row.get("partition"),
          row.get("endOffset"),
          row.get("logSegmentsRewritten"),
          size(row.get("replaced")),
          number(row.get("logRecords")) + cold);
    }
    var problems = new Table("problem");
    if (job.get("problems") instanceof List<?> list) list.forEach(problems::row);
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put("partitions", partitions);
    tables.put("problems", problems);
    output.facts(facts, tables);
  }

  private static long number(@Nullable Object value) {
    return value instanceof Long number ? number : 0;
  }

  private static int size(@Nullable Object list) {
    return list instanceof List<?> items ? items.size() : 0;
  }

  private static String topicPath(String topic) {
    return ROOT + "/topics/" + URLEncoder.encode(topic, UTF_8);
  }

  private static String query(@Nullable String topic) {
    return topic == null ? "" : "?topic=" + URLEncoder.encode(topic, UTF_8);
  }

  private static List<Map<?, ?>> rows(Map<?, ?> answer, String name) {
    if (!(answer.get(name) instanceof List<?> list)) return List.of();
    return list.stream().<Map<?, ?>>map(row -> (Map<?, ?>) row).toList();
  }
}
