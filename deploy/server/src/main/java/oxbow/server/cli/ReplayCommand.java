package oxbow.server.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow replay}. */
@Command(
    name = "replay",
    description = {
      "Read a range of a topic, copy it into another one, or move a group back or forth.",
      "Positions: earliest, latest, offset:123, 2026-01-31T12:00:00Z, -15m (ago)."
    },
    synopsisSubcommandLabel = "COMMAND")
final class ReplayCommand {
  private static final String JOBS = "/api/v1/jobs";
  private static final String JOB_HELP = "The job, as `oxbow replay list` names it.";
  private static final Duration ASK_EVERY = Duration.ofMillis(200);

  private final Terminal terminal;

  ReplayCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(
      name = "read",
      description = {
        "Print records, hot and cold ones alike, with their values decoded.",
        "Positions: earliest, latest, offset:123, 2026-01-31T12:00:00Z, -15m (ago), cursor:.."
      })
  int read(@Mixin ReplayRead wanted) {
    return wanted.run(terminal);
  }

  @Command(
      name = "start",
      description = {
        "Start a job, which goes on by itself, after a restart too.",
        "Positions: earliest, latest, offset:123, 2026-01-31T12:00:00Z, -15m (ago)."
      })
  int start(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "TOPIC", description = "The topic whose records are replayed.")
          String topic,
      @Option(
              names = "--to-topic",
              paramLabel = "NAME",
              description = "Copy them into this topic, which is made if it isn't there.")
          @Nullable String target,
      @Option(
              names = {"-g", "--group"},
              paramLabel = "NAME",
              description = "Let this group, which has no members now, go on at --from.")
          @Nullable String group,
      @Option(
              names = "--from",
              paramLabel = "POSITION",
              description = "Where to begin; the earliest record without.")
          @Nullable String from,
      @Option(
              names = "--to",
              paramLabel = "POSITION",
              description = "Where to end; without, at what is the end now.")
          @Nullable String to,
      @Option(
              names = {"-p", "--partition"},
              split = ",",
              paramLabel = "N",
              description = "Only these partitions, such as 0,2.")
          @Nullable List<Integer> partitions,
      @Option(
              names = "--by-key",
              description =
                  "Choose partitions by the keys, as producers do; else the same ones, if the"
                      + " target has as many.")
          boolean isByKey,
      @Option(names = "--uncommitted", description = "Records of aborted transactions as well.")
          boolean isUncommitted,
      @Option(
              names = "--records-per-second",
              paramLabel = "N",
              description = "No faster than this.")
          @Nullable Double recordsPerSecond,
      @Option(names = "--bytes-per-second", paramLabel = "N", description = "No faster than this.")
          @Nullable Double bytesPerSecond,
      @Option(names = "--wait", description = "Wait for the end; exit code 1: it has failed.")
          boolean isWaiting) {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    request.put("topic", target);
    request.put("group", group);
    request.put("from", from);
    request.put("to", to);
    request.put("partitions", partitions);
    if (isByKey) request.put("partitioning", "key");
    if (isUncommitted) request.put("isolation", "read_uncommitted");
    request.put("recordsPerSecond", recordsPerSecond);
    request.put("bytesPerSecond", bytesPerSecond);
    Map<?, ?> job =
        server.post("/api/v1/topics/" + RegistryClient.encoded(topic) + "/replay", request);
    if (!isWaiting) return told(server, job, "job " + job.get("id") + " is running");
    while ("running".equals(job.get("state"))) {
      LockSupport.parkNanos(ASK_EVERY.toNanos());
      job = server.get(path(String.valueOf(job.get("id"))));
    }
    print(server, job);
    return "done".equals(job.get("state")) ? ExitCode.OK : ExitCode.FAILED;
  }

  @Command(name = "list", description = "List the jobs, the newest first.")
  int list(@Mixin HttpOptions server) {
    var table = new Table("job", "state", "topic", "target", "percent", "records", "reason");
    if (server.get(JOBS).get("jobs") instanceof List<?> jobs) {
      for (Object each : jobs) {
        if (!(each instanceof Map<?, ?> job)) continue;
        table.row(
            job.get("id"),
            job.get("state"),
            job.get("topic"),
            target(job),
            job.get("percent"),
            job.get("records"),
            job.get("reason"));
      }
    }
    server.output(terminal).table(table, "there are no jobs; `oxbow replay start` makes one");
    return ExitCode.OK;
  }

  private static String target(Map<?, ?> job) {
    if (!(job.get("target") instanceof Map<?, ?> target)) return "";
    return target.get("group") == null
        ? String.valueOf(target.get("topic"))
        : "group " + target.get("group");
  }

  @Command(name = "show", description = "Show a job, partition by partition.")
  int show(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "JOB", description = JOB_HELP) String id) {
    print(server, server.get(path(id)));
    return ExitCode.OK;
  }

  @Command(name = "pause", description = "Let a job rest until it is resumed.")
  int pause(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "JOB", description = JOB_HELP) String id) {
    return told(server, server.post(path(id) + "/pause"), "job " + id + " is paused");
  }

  @Command(name = "resume", description = "Go on with a job that is paused or has failed.")
  int resume(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "JOB", description = JOB_HELP) String id) {
    return told(server, server.post(path(id) + "/resume"), "job " + id + " is running");
  }

  @Command(
      name = "cancel",
      description = "End a job; what it has copied stays. One that has ended is forgotten.")
  int cancel(
      @Mixin HttpOptions server,
      @Parameters(paramLabel = "JOB", description = JOB_HELP) String id) {
    Map<?, ?> job = server.delete(path(id));
    return told(server, job, "job " + id + " is " + job.get("state"));
  }

  private static String path(String id) {
    return JOBS + "/" + RegistryClient.encoded(id);
  }

  private int told(HttpOptions server, Map<?, ?> job, String sentence) {
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    job.forEach((name, value) -> facts.put(String.valueOf(name), value));
    server.output(terminal).done(sentence, facts);
    return ExitCode.OK;
  }

  private void print(HttpOptions server, Map<?, ?> job) {
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    job.forEach((name, value) -> {
      if (!name.equals("partitions")) facts.put(String.valueOf(name), value);
    });
    if (!server.output(terminal).isJson()) facts.put("target", target(job));
    boolean isGroup = job.get("target") instanceof Map<?, ?> target && target.get("group") != null;
    List<String> columns =
        isGroup
            ? List.of("partition", "offset")
            : List.of("partition", "from", "to", "next", "records", "bytes");
    var table = new Table(columns.toArray(String[]::new));
    if (job.get("partitions") instanceof List<?> partitions) {
      for (Object each : partitions) {
        if (each instanceof Map<?, ?> row) table.row(columns.stream().map(row::get).toArray());
      }
    }
    server.output(terminal).facts(facts, Map.of("partitions", table));
  }
}
