package oxbow.broker.group;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.net.Request;

/** Tells which broker coordinates a group; the first one to ask brings the offsets topic about. */
final class FindCoordinator implements ApiHandler {
  private final GroupCoordinators groups;

  FindCoordinator(GroupCoordinators groups) {
    this.groups = groups;
  }

  /**
   * @param reason what a client can't know from the error; empty: nothing
   */
  private record Found(Errors error, String reason, Node node) {
    static Found at(Node node) {
      return new Found(Errors.NONE, "", node);
    }

    static Found nobody(Errors error, String reason) {
      return new Found(error, reason, Node.noNode());
    }

    static final Found NOT_YET = nobody(Errors.COORDINATOR_NOT_AVAILABLE, "");
  }

  @Override
  public void handle(Request request) {
    FindCoordinatorRequestData asked = ((FindCoordinatorRequest) request.body()).data();
    if (request.header().apiVersion() < FindCoordinatorRequest.MIN_BATCHED_VERSION) {
      Found found = find(request, asked.key());
      if (found.error() == Errors.NONE) request.answer(single(found));
      else if (found.reason().isEmpty()) request.fail(found.error().exception());
      else request.fail(found.error().exception(found.reason()));
      return;
    }
    List<Coordinator> coordinators =
        asked.coordinatorKeys().stream().map(key -> of(key, find(request, key))).toList();
    request.answer(
        new FindCoordinatorResponse(
            new FindCoordinatorResponseData().setCoordinators(coordinators)));
  }

  private static FindCoordinatorResponse single(Found found) {
    return new FindCoordinatorResponse(
        new FindCoordinatorResponseData()
            .setErrorMessage(found.error().message())
            .setNodeId(found.node().id())
            .setHost(found.node().host())
            .setPort(found.node().port()));
  }

  private static Coordinator of(String key, Found found) {
    return new Coordinator()
        .setKey(key)
        .setErrorCode(found.error().code())
        .setErrorMessage(found.reason())
        .setNodeId(found.node().id())
        .setHost(found.node().host())
        .setPort(found.node().port());
  }

  private Found find(Request request, String key) {
    byte type = ((FindCoordinatorRequest) request.body()).data().keyType();
    CoordinatorType wanted = CoordinatorType.forId(type);
    if (wanted != CoordinatorType.GROUP) {
      // As Kafka answers where a coordinator isn't there: clients give up instead of asking again.
      return Found.nobody(
          Errors.INVALID_REQUEST, "this broker has no coordinator of type " + wanted);
    }
    GroupMetadata metadata = groups.metadata();
    if (!metadata.hasTopic(Topic.GROUP_METADATA_TOPIC_NAME)) {
      groups.createOffsetsTopic();
      return Found.NOT_YET;
    }
    Optional<Node> leader =
        metadata.leader(
            Topic.GROUP_METADATA_TOPIC_NAME, groups.partitionFor(key), request.client().listener());
    return leader.map(Found::at).orElse(Found.NOT_YET);
  }
}
