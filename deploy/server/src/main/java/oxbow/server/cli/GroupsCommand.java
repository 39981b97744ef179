package oxbow.server.cli;

import java.time.Duration;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.StreamsGroupMemberDescription;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow groups}. */
@Command(
    name = "groups",
    description = "List and describe groups, and move their offsets.",
    synopsisSubcommandLabel = "COMMAND")
final class GroupsCommand {
  private final Terminal terminal;

  GroupsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List groups of all kinds.")
  int list(
      @Mixin ClientOptions client,
      @Option(
              names = "--type",
              paramLabel = "TYPE",
              description = "Only classic, consumer, streams or share groups.")
          @Nullable String type) {
    if (type != null && GroupType.parse(type) == GroupType.UNKNOWN) {
      throw CommandException.usage(
          "there is no type of groups '" + type + "'", "types: classic, consumer, streams, share");
    }
    try (Admin admin = client.admin()) {
      var table = new Table("group", "type", "protocol", "state");
      listings(client, admin).values().stream()
          .filter(g -> type == null || g.type().equals(Optional.of(GroupType.parse(type))))
          .forEach(group ->
              table.row(group.groupId(), group.type(), group.protocol(), group.groupState()));
      client.output(terminal).table(table, "there are no groups");
    }
    return ExitCode.OK;
  }

  private static Map<String, GroupListing> listings(ClientOptions client, Admin admin) {
    Map<String, GroupListing> groups = new TreeMap<>();
    for (GroupListing group : client.await(admin.listGroups().valid())) {
      groups.put(group.groupId(), group);
    }
    return groups;
  }

  private static GroupListing require(ClientOptions client, Admin admin, String name) {
    GroupListing group = listings(client, admin).get(name);
    if (group == null) {
      throw CommandException.notFound(
          "there is no group " + name, "`oxbow groups list` shows all there are");
    }
    return group;
  }

  @Command(name = "describe", description = "Show a group's members and its lag.")
  int describe(
      @Mixin ClientOptions client,
      @Parameters(paramLabel = "GROUP", description = "The group.") String name) {
    try (Admin admin = client.admin()) {
      GroupListing listing = require(client, admin, name);
      Map<String, @Nullable Object> facts = new LinkedHashMap<>();
      facts.put("group", name);
      facts.put("type", listing.type().map(GroupType::toString).orElse(null));
      Table members;
      Map<TopicPartition, String> owners = new LinkedHashMap<>();
      if (listing.type().equals(Optional.of(GroupType.STREAMS))) {
        members = streamsMembers(client, admin, name, facts);
      } else {
        members = members(client, admin, name, facts, owners);
      }
      Table offsets = offsets(client, admin, name, owners);
      Map<String, Table> tables = new LinkedHashMap<>();
      tables.put("members", members);
      tables.put("offsets", offsets);
      client.output(terminal).facts(facts, tables);
    }
    return ExitCode.OK;
  }

  private static Table members(
      ClientOptions client,
      Admin admin,
      String name,
      Map<String, @Nullable Object> facts,
      Map<TopicPartition, String> owners) {
    ConsumerGroupDescription group =
        client.await(admin.describeConsumerGroups(List.of(name)).all()).get(name);
    if (group == null) throw CommandException.notFound("there is no group " + name, "");
    facts.put("state", group.groupState().toString());
    facts.put("assignor", group.partitionAssignor());
    facts.put("coordinator", group.coordinator().id());
    facts.put("epoch", group.groupEpoch().orElse(null));
    var members = new Table("member", "client", "host", "epoch", "partitions");
    List<MemberDescription> sorted =
        group.members().stream()
            .sorted(Comparator.comparing(MemberDescription::consumerId))
            .toList();
    for (MemberDescription member : sorted) {
      Collection<TopicPartition> assigned =
          member.assignment().topicPartitions().stream().sorted(byName()).toList();
      for (TopicPartition partition : assigned) owners.put(partition, member.consumerId());
      members.row(
          member.consumerId(),
          member.clientId(),
          member.host(),
          member.memberEpoch(),
          assigned.stream().map(TopicPartition::toString).toList());
    }
    return members;
  }

  private static Table streamsMembers(
      ClientOptions client, Admin admin, String name, Map<String, @Nullable Object> facts) {
    var group = client.await(admin.describeStreamsGroups(List.of(name)).all()).get(name);
    if (group == null) throw CommandException.notFound("there is no group " + name, "");
    facts.put("state", group.groupState().toString());
    facts.put("coordinator", group.coordinator().id());
    facts.put("epoch", group.groupEpoch());
    facts.put("topology_epoch", group.topologyEpoch());
    var members = new Table("member", "client", "host", "epoch", "active_tasks");
    for (StreamsGroupMemberDescription member : group.members()) {
      members.row(
          member.memberId(),
          member.clientId(),
          member.clientHost(),
          member.memberEpoch(),
          member.assignment().activeTasks().stream()
              .map(tasks -> tasks.subtopologyId() + ":" + tasks.partitions())
              .toList());
    }
    return members;
  }

  @Command(name = "offsets", description = "Show a group's committed offsets and its lag.")
  int offsets(
      @Mixin ClientOptions client,
      @Parameters(paramLabel = "GROUP", description = "The group.") String name) {
    try (Admin admin = client.admin()) {
      require(client, admin, name);
      client
          .output(terminal)
          .table(offsets(client, admin, name, Map.of()), "group " + name + " has no offsets");
    }
    return ExitCode.OK;
  }

  private static Comparator<TopicPartition> byName() {
    return Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);
  }

  private static Table offsets(
      ClientOptions client, Admin admin, String name, Map<TopicPartition, String> owners) {
    Map<TopicPartition, OffsetAndMetadata> committed =
        client.await(admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
    var partitions = new TreeSet<>(byName());
    partitions.addAll(committed.keySet());
    partitions.addAll(owners.keySet());
    Map<TopicPartition, ListOffsetsResultInfo> ends =
        Offsets.at(client, admin, existing(client, admin, partitions), OffsetSpec.latest());
    var table = new Table("topic", "partition", "committed", "end", "lag", "member");
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata at = committed.get(partition);
      Long end = Offsets.offset(ends, partition);
      table.row(
          partition.topic(),
          partition.partition(),
          at == null ? null : at.offset(),
          end,
          at == null || end == null ? null : Math.max(0, end - at.offset()),
          owners.get(partition));
    }
    return table;
  }

  /** Offsets outlive their topics: asking for the ends of deleted ones would fail the rest. */
  private static List<TopicPartition> existing(
      ClientOptions client, Admin admin, Collection<TopicPartition> partitions) {
    var names = client.await(admin.listTopics().names());
    var wanted =
        partitions.stream().map(TopicPartition::topic).filter(names::contains).distinct().toList();
    List<TopicPartition> existing = new ArrayList<>();
    for (TopicDescription topic :
        client.await(admin.describeTopics(wanted).allTopicNames()).values()) {
      existing.addAll(Offsets.led(topic));
    }
    existing.retainAll(partitions);
    return existing;
  }

  @Command(name = "delete", description = "Delete groups without members, with their offsets.")
  int delete(
      @Mixin ClientOptions client,
      @Mixin Confirmation confirmation,
      @Parameters(arity = "1..*", paramLabel = "GROUP", description = "Groups to delete.")
          List<String> names) {
    confirmation.require(terminal, "delete " + String.join(", ", names) + " with all offsets");
    Output output = client.output(terminal);
    try (Admin admin = client.admin()) {
      var answers = admin.deleteConsumerGroups(new TreeSet<>(names)).deletedGroups();
      for (String name : new TreeSet<>(names)) {
        var answer = answers.get(name);
        if (answer != null) client.await(answer);
        output.done("deleted group " + name, Map.of("group", name, "deleted", true));
      }
    }
    return ExitCode.OK;
  }

  /** Where a group's offsets go. Exactly one of them. */
  static final class Target {
    @Option(names = "--to-earliest", description = "To the first records.")
    boolean isEarliest;

    @Option(names = "--to-latest", description = "Past the last records.")
    boolean isLatest;

    @Option(names = "--to-offset", paramLabel = "OFFSET", description = "To this offset.")
    @Nullable Long offset;

    @Option(
        names = "--to-time",
        paramLabel = "TIME",
        description = "To the first records at or after a time (2026-11-20T07:00:00Z, -15m).")
    @Nullable String time;

    @Option(
        names = "--by-duration",
        paramLabel = "DURATION",
        description = "To the first records of the last PT1H, P7D, ...")
    @Nullable String duration;

    @Option(
        names = "--shift-by",
        paramLabel = "N",
        description = "Forwards by N records, or backwards by -N.")
    @Nullable Long shift;
  }

  @Command(
      name = "reset-offsets",
      description = {
        "Move the committed offsets of a group without members.",
        "Shows what would change; --execute does it."
      })
  int resetOffsets(
      @Mixin ClientOptions client,
      @Parameters(paramLabel = "GROUP", description = "The group, existing or new.") String name,
      @Option(
              names = {"-t", "--topic"},
              paramLabel = "TOPIC[:N,...]",
              description = "Only this topic or these partitions; repeatable. All without.")
          @Nullable List<String> topics,
      @ArgGroup(multiplicity = "1") Target target,
      @Option(names = "--execute", description = "Do it.") boolean isExecuted) {
    try (Admin admin = client.admin()) {
      Map<TopicPartition, OffsetAndMetadata> committed =
          client.await(admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
      List<TopicPartition> partitions =
          topics == null
              ? existing(client, admin, committed.keySet())
              : named(client, admin, topics);
      if (partitions.isEmpty()) {
        throw CommandException.notFound(
            "group " + name + " has no offsets to move", "name topics with --topic");
      }
      Map<TopicPartition, Long> goals = goals(client, admin, partitions, committed, target);
      var table = new Table("topic", "partition", "committed", "new", "moved");
      Map<TopicPartition, OffsetAndMetadata> moved = new LinkedHashMap<>();
      partitions.stream()
          .sorted(byName())
          .forEach(partition -> {
            long goal = goals.getOrDefault(partition, 0L);
            OffsetAndMetadata before = committed.get(partition);
            moved.put(partition, new OffsetAndMetadata(goal));
            table.row(
                partition.topic(),
                partition.partition(),
                before == null ? null : before.offset(),
                goal,
                isExecuted);
          });
      if (isExecuted) client.await(admin.alterConsumerGroupOffsets(name, moved).all());
      Output output = client.output(terminal);
      output.table(table, "");
      if (!isExecuted) output.note("nothing was changed; --execute does it");
    }
    return ExitCode.OK;
  }

  private static List<TopicPartition> named(
      ClientOptions client, Admin admin, List<String> topics) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics) {
      int colon = topic.indexOf(':');
      String name = colon < 0 ? topic : topic.substring(0, colon);
      TopicDescription description = Topics.named(client, admin, name);
      List<TopicPartition> led = Offsets.led(description);
      if (colon < 0) {
        partitions.addAll(led);
        continue;
      }
      for (String number : topic.substring(colon + 1).split(",", -1)) {
        if (!number.matches("\\d{1,9}")) {
          throw CommandException.usage("'" + topic + "' is not TOPIC or TOPIC:0,1", "");
        }
        var partition = new TopicPartition(name, Integer.parseInt(number));
        if (!led.contains(partition)) {
          throw CommandException.notFound("there is no partition " + partition, "");
        }
        partitions.add(partition);
      }
    }
    return partitions;
  }

  /** Offsets never leave what the partition holds: a goal outside moves to its nearer end. */
  private static Map<TopicPartition, Long> goals(
      ClientOptions client,
      Admin admin,
      List<TopicPartition> partitions,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Target target) {
    var firsts = Offsets.at(client, admin, partitions, OffsetSpec.earliest());
    var ends = Offsets.at(client, admin, partitions, OffsetSpec.latest());
    Map<TopicPartition, ListOffsetsResultInfo> timed = Map.of();
    if (target.time != null) {
      long ms = Units.timestampMs(target.time, InstantSource.system());
      timed = Offsets.at(client, admin, partitions, OffsetSpec.forTimestamp(ms));
    } else if (target.duration != null) {
      long ms = InstantSource.system().millis() - duration(target.duration).toMillis();
      timed = Offsets.at(client, admin, partitions, OffsetSpec.forTimestamp(ms));
    }
    Map<TopicPartition, Long> goals = new LinkedHashMap<>();
    for (TopicPartition partition : partitions) {
      Long first = Offsets.offset(firsts, partition);
      Long end = Offsets.offset(ends, partition);
      if (first == null || end == null) {
        throw new CommandException(ExitCode.FAILED, partition + " tells no offsets", "");
      }
      long goal;
      if (target.isEarliest) {
        goal = first;
      } else if (target.isLatest) {
        goal = end;
      } else if (target.offset != null) {
        goal = target.offset;
      } else if (target.shift != null) {
        OffsetAndMetadata at = committed.get(partition);
        if (at == null) {
          throw new CommandException(
              ExitCode.FAILED, partition + " has no offset to shift", "use --to-... instead");
        }
        goal = at.offset() + target.shift;
      } else {
        Long found = Offsets.offset(timed, partition);
        goal = found == null ? end : found;
      }
      goals.put(partition, Math.clamp(goal, first, end));
    }
    return goals;
  }

  private static Duration duration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw CommandException.usage("'" + text + "' is not a duration", "write PT1H or P7D");
    }
  }
}
