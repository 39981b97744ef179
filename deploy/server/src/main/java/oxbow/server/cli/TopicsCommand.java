package oxbow.server.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow topics}. */
@Command(
    name = "topics",
    description = "List, create, describe, change and delete topics.",
    synopsisSubcommandLabel = "COMMAND")
final class TopicsCommand {
  private final Terminal terminal;

  TopicsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List topics.")
  int list(
      @Mixin ClientOptions client,
      @Option(names = "--internal", description = "Also those the server keeps for itself.")
          boolean isInternal,
      @Option(names = "--size", description = "Also the bytes on disk, of all replicas.")
          boolean isSize) {
    try (Admin admin = client.admin()) {
      Collection<TopicListing> listings =
          client.await(
              admin.listTopics(new ListTopicsOptions().listInternal(isInternal)).listings());
      List<String> names = listings.stream().map(TopicListing::name).sorted().toList();
      Map<String, TopicDescription> topics =
          client.await(admin.describeTopics(names).allTopicNames());
      Map<String, Long> sizes = isSize ? sizes(client, admin) : Map.of();
      Table table =
          isSize
              ? new Table("topic", "partitions", "replicas", "internal", "bytes")
              : new Table("topic", "partitions", "replicas", "internal");
      for (String name : names) {
        TopicDescription topic = topics.get(name);
        if (topic == null) continue; // deleted meanwhile
        int partitions = topic.partitions().size();
        int replicas = topic.partitions().getFirst().replicas().size();
        if (isSize) {
          table.row(name, partitions, replicas, topic.isInternal(), sizes.getOrDefault(name, 0L));
        } else {
          table.row(name, partitions, replicas, topic.isInternal());
        }
      }
      client
          .output(terminal)
          .table(table, "there are no topics; `oxbow topics create NAME` makes one");
    }
    return ExitCode.OK;
  }

  private static Map<String, Long> sizes(ClientOptions client, Admin admin) {
    Map<String, Long> sizes = new HashMap<>();
    for (var directories : Directories.of(client, admin).values()) {
      for (var directory : directories.values()) {
        directory
            .replicaInfos()
            .forEach((replica, info) -> sizes.merge(replica.topic(), info.size(), Long::sum));
      }
    }
    return sizes;
  }

  @Command(name = "create", description = "Create topics.")
  int create(
      @Mixin ClientOptions client,
      @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Names of the new topics.")
          List<String> names,
      @Option(
              names = {"-p", "--partitions"},
              paramLabel = "N",
              description = "Number of partitions; the server's default without.")
          @Nullable Integer partitions,
      @Option(
              names = "--replicas",
              paramLabel = "N",
              description = "Number of replicas; the server's default without.")
          @Nullable Short replicas,
      @Option(
              names = {"-c", "--config"},
              paramLabel = "KEY=VALUE",
              description = "A setting of the topics; repeatable.")
          @Nullable Map<String, String> config,
      @Option(names = "--if-not-exists", description = "Existing topics are fine.")
          boolean isLenient,
      @Option(names = "--dry-run", description = "Only check whether it would work.")
          boolean isDryRun) {
    Output output = client.output(terminal);
    try (Admin admin = client.admin()) {
      List<NewTopic> topics =
          names.stream()
              .map(name ->
                  new NewTopic(name, Optional.ofNullable(partitions), Optional.ofNullable(replicas))
                      .configs(config == null ? Map.of() : config))
              .toList();
      var created = admin.createTopics(topics, new CreateTopicsOptions().validateOnly(isDryRun));
      var table = new Table("topic", "partitions", "created");
      for (String name : names) {
        KafkaFuture<Void> answer = created.values().get(name);
        if (answer == null) continue; // named twice
        try {
          client.await(answer);
          table.row(name, client.await(created.numPartitions(name)), !isDryRun);
          if (!output.isJson()) {
            output.line((isDryRun ? "could create topic " : "created topic ") + name);
          }
        } catch (CommandException e) {
          if (!isLenient || !(e.getCause() instanceof TopicExistsException)) throw e;
          table.row(name, null, false);
          if (!output.isJson()) output.line("topic " + name + " exists");
        }
      }
      if (output.isJson()) output.table(table, "");
    }
    return ExitCode.OK;
  }

  @Command(name = "describe", description = "Show partitions, replicas, offsets and settings.")
  int describe(
      @Mixin ClientOptions client,
      @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Topics to show.")
          List<String> names) {
    Output output = client.output(terminal);
    try (Admin admin = client.admin()) {
      Map<String, TopicDescription> topics = Topics.named(client, admin, names);
      Map<ConfigResource, org.apache.kafka.clients.admin.Config> configs =
          client.await(
              admin
                  .describeConfigs(
                      names.stream()
                          .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                          .distinct()
                          .toList())
                  .all());
      List<Object> all = new ArrayList<>();
      for (String name : new TreeSet<>(names)) {
        TopicDescription topic = topics.get(name);
        if (topic == null) continue; // deleted meanwhile
        Map<String, String> own = new TreeMap<>();
        var config = configs.get(new ConfigResource(ConfigResource.Type.TOPIC, name));
        if (config != null) {
          for (ConfigEntry entry : config.entries()) {
            if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
              own.put(entry.name(), entry.value());
            }
          }
        }
        Table table = partitions(client, admin, topic);
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("topic", name);
        facts.put("id", topic.topicId().toString());
        facts.put("internal", topic.isInternal());
        facts.put("settings", output.isJson() ? own : own.isEmpty() ? "all default" : own);
        if (output.isJson()) {
          facts.put("partitions", table.objects());
          all.add(facts);
        } else {
          output.facts(facts, Map.of("partitions", table));
          if (names.size() > 1) output.line("");
        }
      }
      if (output.isJson()) output.json(all);
    }
    return ExitCode.OK;
  }

  private static Table partitions(ClientOptions client, Admin admin, TopicDescription topic) {
    List<TopicPartition> led = Offsets.led(topic);
    Map<TopicPartition, ListOffsetsResultInfo> first =
        Offsets.at(client, admin, led, OffsetSpec.earliest());
    Map<TopicPartition, ListOffsetsResultInfo> last =
        Offsets.at(client, admin, led, OffsetSpec.latest());
    var table = new Table("partition", "leader", "replicas", "in_sync", "first", "end", "records");
    for (TopicPartitionInfo info : topic.partitions()) {
      var partition = new TopicPartition(topic.name(), info.partition());
      Long start = Offsets.offset(first, partition);
      Long end = Offsets.offset(last, partition);
      table.row(
          info.partition(),
          info.leader() == null || info.leader().isEmpty() ? null : info.leader().id(),
          info.replicas().stream().map(Node::id).toList(),
          info.isr().stream().map(Node::id).toList(),
          start,
          end,
          start == null || end == null ? null : end - start);
    }
    return table;
  }

  @Command(name = "alter", description = "Change settings, or add partitions.")
  int alter(
      @Mixin ClientOptions client,
      @Parameters(paramLabel = "TOPIC", description = "The topic to change.") String name,
      @Option(
              names = {"-c", "--config"},
              paramLabel = "KEY=VALUE",
              description = "Set this; repeatable.")
          @Nullable Map<String, String> set,
      @Option(
              names = "--unset",
              paramLabel = "KEY",
              description = "Back to the default; repeatable.")
          @Nullable List<String> unset,
      @Option(
              names = {"-p", "--partitions"},
              paramLabel = "N",
              description = "Number of partitions from now on.")
          @Nullable Integer partitions) {
    if (set == null && unset == null && partitions == null) {
      throw CommandException.usage("nothing to change", "give --config, --unset or --partitions");
    }
    try (Admin admin = client.admin()) {
      List<AlterConfigOp> changes = new ArrayList<>();
      if (set != null) {
        set.forEach((key, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
      }
      if (unset != null) {
        for (String key : unset) {
          changes.add(new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE));
        }
      }
      if (!changes.isEmpty()) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Topics.await(client, name, admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
      }
      if (partitions != null) grow(client, admin, name, partitions);
    }
    client.output(terminal).done("changed topic " + name, Map.of("topic", name, "changed", true));
    return ExitCode.OK;
  }

  @Command(name = "partitions", description = "Add partitions to a topic.")
  int partitions(
      @Mixin ClientOptions client,
      @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.") String name,
      @Parameters(index = "1", paramLabel = "N", description = "Partitions from now on.")
          int count) {
    try (Admin admin = client.admin()) {
      grow(client, admin, name, count);
    }
    client
        .output(terminal)
        .done(
            "topic " + name + " has " + count + " partitions",
            Map.of("topic", name, "partitions", count));
    return ExitCode.OK;
  }

  private static void grow(ClientOptions client, Admin admin, String name, int count) {
    client.await(admin.createPartitions(Map.of(name, NewPartitions.increaseTo(count))).all());
  }

  @Command(name = "delete", description = "Delete topics with all their records.")
  int delete(
      @Mixin ClientOptions client,
      @Mixin Confirmation confirmation,
      @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Topics to delete.")
          List<String> names,
      @Option(names = "--if-exists", description = "Missing topics are fine.") boolean isLenient) {
    confirmation.require(terminal, "delete " + String.join(", ", names) + " with all records");
    Output output = client.output(terminal);
    var table = new Table("topic", "deleted");
    try (Admin admin = client.admin()) {
      var deleted = admin.deleteTopics(new TreeSet<>(names)).topicNameValues();
      for (Map.Entry<String, KafkaFuture<Void>> answer : new TreeMap<>(deleted).entrySet()) {
        try {
          Topics.await(client, answer.getKey(), answer.getValue());
          table.row(answer.getKey(), true);
          if (!output.isJson()) output.line("deleted topic " + answer.getKey());
        } catch (CommandException e) {
          if (!isLenient || e.exitCode() != ExitCode.NOT_FOUND) throw e;
          table.row(answer.getKey(), false);
        }
      }
    }
    if (output.isJson()) output.table(table, "");
    return ExitCode.OK;
  }

  @Command(name = "offsets", description = "Show first and end offsets, or those at a time.")
  int offsets(
      @Mixin ClientOptions client,
      @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Topics to show.")
          List<String> names,
      @Option(
              names = "--at",
              paramLabel = "TIME",
              description =
                  "The first offset at or after a time (2026-11-20T07:00:00Z, -15m), or"
                      + " max-timestamp.")
          @Nullable String at) {
    Output output = client.output(terminal);
    try (Admin admin = client.admin()) {
      Map<String, TopicDescription> topics = Topics.named(client, admin, names);
      List<TopicPartition> led =
          new TreeMap<>(topics).values().stream().flatMap(t -> Offsets.led(t).stream()).toList();
      if (at == null) {
        var first = Offsets.at(client, admin, led, OffsetSpec.earliest());
        var last = Offsets.at(client, admin, led, OffsetSpec.latest());
        var table = new Table("topic", "partition", "first", "end", "records");
        for (TopicPartition partition : led) {
          Long start = Offsets.offset(first, partition);
          Long end = Offsets.offset(last, partition);
          table.row(
              partition.topic(),
              partition.partition(),
              start,
              end,
              start == null || end == null ? null : end - start);
        }
        output.table(table, "there are no partitions");
      } else {
        OffsetSpec spec =
            at.equals("max-timestamp")
                ? OffsetSpec.maxTimestamp()
                : OffsetSpec.forTimestamp(Units.timestampMs(at, java.time.InstantSource.system()));
        var found = Offsets.at(client, admin, led, spec);
        var table = new Table("topic", "partition", "offset", "timestamp");
        for (TopicPartition partition : led) {
          ListOffsetsResultInfo info = found.get(partition);
          boolean isTimed = info != null && info.offset() >= 0 && info.timestamp() >= 0;
          table.row(
              partition.topic(),
              partition.partition(),
              Offsets.offset(found, partition),
              info != null && isTimed ? Units.time(info.timestamp()) : null);
        }
        output.table(table, "there are no partitions");
      }
    }
    return ExitCode.OK;
  }

  @Command(name = "delete-records", description = "Delete the oldest records of a topic.")
  int deleteRecords(
      @Mixin ClientOptions client,
      @Mixin Confirmation confirmation,
      @Parameters(paramLabel = "TOPIC", description = "The topic.") String name,
      @Option(
              names = "--before",
              required = true,
              paramLabel = "OFFSET",
              description = "Delete what lies before this offset; `end`: everything.")
          String before,
      @Option(
              names = "--partition",
              paramLabel = "N",
              description = "Only in this partition; repeatable.")
          @Nullable List<Integer> partitions) {
    if (!before.equals("end") && !before.matches("\\d{1,18}")) {
      throw CommandException.usage("--before takes an offset or `end`, not '" + before + "'", "");
    }
    confirmation.require(terminal, "delete the records of " + name + " before " + before);
    try (Admin admin = client.admin()) {
      TopicDescription topic = Topics.named(client, admin, name);
      Map<TopicPartition, RecordsToDelete> wanted = new LinkedHashMap<>();
      for (TopicPartitionInfo info : topic.partitions()) {
        if (partitions != null && !partitions.contains(info.partition())) continue;
        wanted.put(
            new TopicPartition(name, info.partition()),
            RecordsToDelete.beforeOffset(before.equals("end") ? -1 : Long.parseLong(before)));
      }
      if (wanted.isEmpty()) {
        throw CommandException.notFound("topic " + name + " has no such partition", "");
      }
      var answers = admin.deleteRecords(wanted).lowWatermarks();
      var table = new Table("topic", "partition", "first");
      for (TopicPartition partition : wanted.keySet()) {
        var answer = answers.get(partition);
        if (answer == null) continue; // every partition asked about is answered for
        table.row(name, partition.partition(), client.await(answer).lowWatermark());
      }
      client.output(terminal).table(table, "");
    }
    return ExitCode.OK;
  }
}
