package oxbow.broker.group;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Asks the coordinator for what all its groups have committed. */
final class CommittedOffsets {
  private static final String NAME = "oxbow";

  private final GroupCoordinator service;

  CommittedOffsets(GroupCoordinator service) {
    this.service = service;
  }

  /** All of them, or a failure: some that are missing would be taken for deleted. */
  CompletableFuture<List<CommittedOffset>> all() {
    return service
        .listGroups(context(ApiKeys.LIST_GROUPS), new ListGroupsRequestData())
        .thenCompose(this::ofGroups);
  }

  private CompletableFuture<List<CommittedOffset>> ofGroups(ListGroupsResponseData listed) {
    Errors error = Errors.forCode(listed.errorCode());
    if (error != Errors.NONE) return CompletableFuture.failedFuture(error.exception());
    return of(
        listed.groups().stream()
            .filter(group -> !group.groupType().equalsIgnoreCase("share"))
            .map(ListedGroup::groupId)
            .toList());
  }

  /** What these groups have committed, or a failure. */
  CompletableFuture<List<CommittedOffset>> of(List<String> groups) {
    List<CompletableFuture<OffsetFetchResponseGroup>> answers = new ArrayList<>();
    for (String group : groups) {
      answers.add(
          service.fetchOffsets(
              context(ApiKeys.OFFSET_FETCH),
              new OffsetFetchRequestGroup().setGroupId(group).setTopics(null),
              false));
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(_ -> {
          List<CommittedOffset> all = new ArrayList<>();
          for (CompletableFuture<OffsetFetchResponseGroup> answer : answers) {
            add(answer.resultNow(), all);
          }
          return all;
        });
  }

  private static void add(OffsetFetchResponseGroup group, List<CommittedOffset> all) {
    Errors error = Errors.forCode(group.errorCode());
    if (error == Errors.GROUP_ID_NOT_FOUND) return; // deleted since it was listed
    if (error != Errors.NONE) throw error.exception();
    for (OffsetFetchResponseTopics topic : group.topics()) {
      for (OffsetFetchResponsePartitions partition : topic.partitions()) {
        if (partition.errorCode() != Errors.NONE.code() || partition.committedOffset() < 0) {
          continue;
        }
        String metadata = partition.metadata();
        all.add(
            new CommittedOffset(
                group.groupId(),
                topic.name(),
                partition.partitionIndex(),
                partition.committedOffset(),
                partition.committedLeaderEpoch(),
                metadata == null ? "" : metadata));
      }
    }
  }

  private static RequestContext context(ApiKeys api) {
    return new RequestContext(
        new RequestHeader(api, api.latestVersion(), NAME, 0),
        NAME,
        InetAddress.getLoopbackAddress(),
        KafkaPrincipal.ANONYMOUS,
        new ListenerName(NAME),
        SecurityProtocol.PLAINTEXT,
        ClientInformation.EMPTY,
        false);
  }
}
