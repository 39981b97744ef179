package oxbow.broker.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.types.SchemaException;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import oxbow.broker.group.GroupDescription.Member;

/** Asks the coordinator for its groups, their members and what they have committed. */
final class GroupDescriptions {
  private static final String CONSUMER_PROTOCOL = "consumer";

  private final GroupCoordinator service;
  private final CommittedOffsets offsets;

  GroupDescriptions(GroupCoordinator service) {
    this.service = service;
    this.offsets = new CommittedOffsets(service);
  }

  /** All groups by name. */
  CompletableFuture<List<GroupDescription>> all() {
    return listed().thenCompose(this::described);
  }

  /** One of them; empty: there is none of this name. */
  CompletableFuture<Optional<GroupDescription>> one(String name) {
    return listed()
        .thenCompose(
            all -> described(all.stream().filter(group -> group.groupId().equals(name)).toList()))
        .thenApply(found -> found.stream().findFirst());
  }

  private CompletableFuture<List<ListedGroup>> listed() {
    return service
        .listGroups(Answers.ownContext(ApiKeys.LIST_GROUPS), new ListGroupsRequestData())
        .thenApply(GroupDescriptions::served);
  }

  private static List<ListedGroup> served(ListGroupsResponseData answer) {
    Errors error = Errors.forCode(answer.errorCode());
    if (error != Errors.NONE) throw error.exception();
    return answer.groups().stream().filter(group -> !type(group).equals("share")).toList();
  }

  private static String type(ListedGroup group) {
    return group.groupType().toLowerCase(Locale.ROOT);
  }

  private CompletableFuture<List<GroupDescription>> described(List<ListedGroup> groups) {
    Map<String, List<String>> byType = new HashMap<>();
    for (ListedGroup group : groups) {
      byType.computeIfAbsent(type(group), _ -> new ArrayList<>()).add(group.groupId());
    }
    Map<String, Found> found = new HashMap<>(); // filled by one stage after the other
    CompletableFuture<?> membersKnown =
        classic(byType.getOrDefault("classic", List.of()), found)
            .thenCompose(_ -> consumer(byType.getOrDefault("consumer", List.of()), found))
            .thenCompose(_ -> streams(byType.getOrDefault("streams", List.of()), found));
    return membersKnown
        .thenCompose(_ -> offsets.of(groups.stream().map(ListedGroup::groupId).toList()))
        .thenApply(committed -> described(groups, found, committed));
  }

  /** What describing a group tells beside its listing. */
  private record Found(String state, List<Member> members) {}

  private static List<GroupDescription> described(
      List<ListedGroup> groups, Map<String, Found> found, List<CommittedOffset> committed) {
    Map<String, List<CommittedOffset>> byGroup = new HashMap<>();
    for (CommittedOffset one : committed) {
      byGroup.computeIfAbsent(one.group(), _ -> new ArrayList<>()).add(one);
    }
    List<GroupDescription> all = new ArrayList<>();
    for (ListedGroup group : groups) {
      Found known = found.get(group.groupId());
      if (known == null) continue; // deleted since it was listed
      all.add(
          new GroupDescription(
              group.groupId(),
              type(group),
              known.state(),
              known.members(),
              byGroup.getOrDefault(group.groupId(), List.of())));
    }
    all.sort(Comparator.comparing(GroupDescription::name));
    return all;
  }

  private CompletableFuture<?> classic(List<String> names, Map<String, Found> found) {
    if (names.isEmpty()) return CompletableFuture.completedFuture(null);
    return service
        .describeGroups(Answers.ownContext(ApiKeys.DESCRIBE_GROUPS), names)
        .thenAccept(groups -> {
          for (DescribeGroupsResponseData.DescribedGroup group : groups) {
            if (isGone(group.errorCode())) continue;
            boolean isOfConsumers = group.protocolType().equals(CONSUMER_PROTOCOL);
            List<Member> members =
                group.members().stream()
                    .map(member ->
                        new Member(
                            member.memberId(),
                            member.clientId(),
                            member.clientHost(),
                            isOfConsumers ? assigned(member) : List.of()))
                    .toList();
            found.put(group.groupId(), new Found(group.groupState(), members));
          }
        });
  }

  /** The bytes come from the group's leading client: they may be anything. */
  private static List<TopicPartition> assigned(DescribedGroupMember member) {
    if (member.memberAssignment().length == 0) return List.of();
    try {
      return sorted(
          ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(member.memberAssignment()))
              .partitions());
    } catch (SchemaException _) {
      return List.of();
    }
  }

  private CompletableFuture<?> consumer(List<String> names, Map<String, Found> found) {
    if (names.isEmpty()) return CompletableFuture.completedFuture(null);
    return service
        .consumerGroupDescribe(Answers.ownContext(ApiKeys.CONSUMER_GROUP_DESCRIBE), names)
        .thenAccept(groups -> {
          for (ConsumerGroupDescribeResponseData.DescribedGroup group : groups) {
            if (isGone(group.errorCode())) continue;
            List<Member> members =
                group.members().stream()
                    .map(member ->
                        new Member(
                            member.memberId(),
                            member.clientId(),
                            member.clientHost(),
                            assigned(member.assignment())))
                    .toList();
            found.put(group.groupId(), new Found(group.groupState(), members));
          }
        });
  }

  private static List<TopicPartition> assigned(
      ConsumerGroupDescribeResponseData.Assignment assignment) {
    List<TopicPartition> all = new ArrayList<>();
    assignment
        .topicPartitions()
        .forEach(topic ->
            topic
                .partitions()
                .forEach(partition -> all.add(new TopicPartition(topic.topicName(), partition))));
    return sorted(all);
  }

  private CompletableFuture<?> streams(List<String> names, Map<String, Found> found) {
    if (names.isEmpty()) return CompletableFuture.completedFuture(null);
    return service
        .streamsGroupDescribe(Answers.ownContext(ApiKeys.STREAMS_GROUP_DESCRIBE), names)
        .thenAccept(groups -> {
          for (StreamsGroupDescribeResponseData.DescribedGroup group : groups) {
            if (isGone(group.errorCode())) continue;
            Map<String, Set<String>> sources = sources(group);
            List<Member> members =
                group.members().stream()
                    .map(member ->
                        new Member(
                            member.memberId(),
                            member.clientId(),
                            member.clientHost(),
                            assigned(member.assignment(), sources)))
                    .toList();
            found.put(group.groupId(), new Found(group.groupState(), members));
          }
        });
  }

  /** The topics that each part of a streams application reads. */
  private static Map<String, Set<String>> sources(
      StreamsGroupDescribeResponseData.DescribedGroup group) {
    Map<String, Set<String>> sources = new HashMap<>();
    if (group.topology() == null || group.topology().subtopologies() == null) return sources;
    for (StreamsGroupDescribeResponseData.Subtopology part : group.topology().subtopologies()) {
      var topics = new TreeSet<>(part.sourceTopics());
      part.repartitionSourceTopics().forEach(topic -> topics.add(topic.name()));
      sources.put(part.subtopologyId(), topics);
    }
    return sources;
  }

  private static List<TopicPartition> assigned(
      StreamsGroupDescribeResponseData.Assignment assignment, Map<String, Set<String>> sources) {
    List<TopicPartition> all = new ArrayList<>();
    for (StreamsGroupDescribeResponseData.TaskIds tasks : assignment.activeTasks()) {
      for (String topic : sources.getOrDefault(tasks.subtopologyId(), Set.of())) {
        tasks.partitions().forEach(partition -> all.add(new TopicPartition(topic, partition)));
      }
    }
    return sorted(all);
  }

  private static List<TopicPartition> sorted(Collection<TopicPartition> partitions) {
    return partitions.stream()
        .sorted(
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition))
        .toList();
  }

  private static boolean isGone(short errorCode) {
    Errors error = Errors.forCode(errorCode);
    if (error == Errors.GROUP_ID_NOT_FOUND) return true;
    if (error != Errors.NONE) throw error.exception();
    return false;
  }
}
