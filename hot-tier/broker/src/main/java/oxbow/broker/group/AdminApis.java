package oxbow.broker.group;

import java.util.List;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.StreamsGroupDescribeRequest;
import org.apache.kafka.common.requests.StreamsGroupDescribeResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import oxbow.broker.metadata.AuthorizedOperations;
import oxbow.broker.net.Request;

/** Lists, describes and deletes groups. */
final class AdminApis {
  /** From here on a described group may tell what one is allowed to do to it. */
  private static final short OPERATIONS_VERSION_MIN = 3;

  private final GroupCoordinator service;
  private final GroupCoordinators groups;

  AdminApis(GroupCoordinator service, GroupCoordinators groups) {
    this.service = service;
    this.groups = groups;
  }

  void list(Request request) {
    Answers.answer(
        request,
        service.listGroups(Answers.context(request), ((ListGroupsRequest) request.body()).data()),
        ListGroupsResponse::new);
  }

  void describe(Request request) {
    DescribeGroupsRequestData asked = ((DescribeGroupsRequest) request.body()).data();
    boolean tellsOperations =
        asked.includeAuthorizedOperations()
            && request.header().apiVersion() >= OPERATIONS_VERSION_MIN;
    Answers.answer(
        request,
        service.describeGroups(Answers.context(request), asked.groups()),
        described -> {
          if (tellsOperations) {
            described.stream()
                .filter(group -> group.errorCode() == Errors.NONE.code())
                .forEach(group -> group.setAuthorizedOperations(AuthorizedOperations.ALL_ON_GROUP));
          }
          return new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(described));
        });
  }

  void describeConsumerGroups(Request request) {
    ConsumerGroupDescribeRequestData asked = ((ConsumerGroupDescribeRequest) request.body()).data();
    if (!groups.servesConsumerGroups()) {
      request.fail(Errors.UNSUPPORTED_VERSION.exception());
      return;
    }
    Answers.answer(
        request,
        service.consumerGroupDescribe(Answers.context(request), asked.groupIds()),
        described -> {
          if (asked.includeAuthorizedOperations()) {
            described.stream()
                .filter(group -> group.errorCode() == Errors.NONE.code())
                .forEach(group -> group.setAuthorizedOperations(AuthorizedOperations.ALL_ON_GROUP));
          }
          return new ConsumerGroupDescribeResponse(
              new ConsumerGroupDescribeResponseData().setGroups(described));
        });
  }

  void describeStreamsGroups(Request request) {
    StreamsGroupDescribeRequestData asked = ((StreamsGroupDescribeRequest) request.body()).data();
    if (!groups.servesStreamsGroups()) {
      request.fail(Errors.UNSUPPORTED_VERSION.exception());
      return;
    }
    Answers.answer(
        request,
        service.streamsGroupDescribe(Answers.context(request), asked.groupIds()),
        described -> {
          if (asked.includeAuthorizedOperations()) {
            described.stream()
                .filter(group -> group.errorCode() == Errors.NONE.code())
                .forEach(group -> group.setAuthorizedOperations(AuthorizedOperations.ALL_ON_GROUP));
          }
          return new StreamsGroupDescribeResponse(
              new StreamsGroupDescribeResponseData().setGroups(described));
        });
  }

  void delete(Request request) {
    List<String> asked =
        ((DeleteGroupsRequest) request.body()).data().groupsNames().stream().distinct().toList();
    Answers.answer(
        request,
        service.deleteGroups(Answers.context(request), asked, BufferSupplier.NO_CACHING),
        deleted -> new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(deleted)));
  }
}
