package oxbow.broker.control;

import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AddRaftVoterResponse;
import org.apache.kafka.common.requests.AlterClientQuotasRequest;
import org.apache.kafka.common.requests.AlterClientQuotasResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeClientQuotasRequest;
import org.apache.kafka.common.requests.DescribeClientQuotasResponse;
import org.apache.kafka.common.requests.DescribeQuorumResponse;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.RemoveRaftVoterResponse;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.common.requests.UnregisterBrokerResponse;
import org.apache.kafka.common.requests.UpdateFeaturesRequest;
import org.apache.kafka.common.requests.UpdateFeaturesResponse;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ApiTable;

/** What an administrator does to the cluster as a whole: replicas, quotas, features, quorum. */
final class ClusterApis {
  private final ControlPlane control;

  ClusterApis(ControlPlane control) {
    this.control = control;
  }

  void serveOn(ApiTable table) {
    table
        .serve(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, this::alterReassignments)
        .serve(ApiKeys.LIST_PARTITION_REASSIGNMENTS, this::listReassignments)
        .serve(ApiKeys.ELECT_LEADERS, this::electLeaders)
        .serve(ApiKeys.ALTER_CLIENT_QUOTAS, this::alterQuotas)
        .serve(ApiKeys.DESCRIBE_CLIENT_QUOTAS, this::describeQuotas)
        .serve(ApiKeys.UPDATE_FEATURES, this::updateFeatures)
        .serve(ApiKeys.UNREGISTER_BROKER, this::unregisterBroker)
        .serve(ApiKeys.DESCRIBE_QUORUM, this::describeQuorum)
        .serve(ApiKeys.ADD_RAFT_VOTER, this::addVoter)
        .serve(ApiKeys.REMOVE_RAFT_VOTER, this::removeVoter);
  }

  private void alterReassignments(Request request) {
    var body = ((AlterPartitionReassignmentsRequest) request.body()).data();
    Answers.answer(
        request,
        control.change(controller ->
            controller.alterPartitionReassignments(Contexts.of(request, body.timeoutMs()), body)),
        AlterPartitionReassignmentsResponse::new);
  }

  private void listReassignments(Request request) {
    var body = ((ListPartitionReassignmentsRequest) request.body()).data();
    Answers.answer(
        request,
        control.ask(controller ->
            controller.listPartitionReassignments(Contexts.of(request, body.timeoutMs()), body)),
        ListPartitionReassignmentsResponse::new);
  }

  private void electLeaders(Request request) {
    var body = ((ElectLeadersRequest) request.body()).data();
    Answers.answer(
        request,
        control.change(
            controller -> controller.electLeaders(Contexts.of(request, body.timeoutMs()), body)),
        ElectLeadersResponse::new);
  }

  private void alterQuotas(Request request) {
    var body = (AlterClientQuotasRequest) request.body();
    Answers.answer(
        request,
        control.change(controller ->
            controller.alterClientQuotas(
                Contexts.of(request), body.entries(), body.validateOnly())),
        results -> AlterClientQuotasResponse.fromQuotaEntities(results, 0));
  }

  private void describeQuotas(Request request) {
    var body = ((DescribeClientQuotasRequest) request.body()).data();
    request.answer(new DescribeClientQuotasResponse(control.image().clientQuotas().describe(body)));
  }

  private void updateFeatures(Request request) {
    var body = ((UpdateFeaturesRequest) request.body()).data();
    Answers.answer(
        request,
        control.change(controller -> controller.updateFeatures(Contexts.of(request), body)),
        UpdateFeaturesResponse::new);
  }

  private void unregisterBroker(Request request) {
    int id = ((UnregisterBrokerRequest) request.body()).data().brokerId();
    Answers.answer(
        request,
        control
            .change(controller -> controller.unregisterBroker(Contexts.of(request), id))
            .handle((_, failure) -> failure),
        failure -> {
          ApiError error =
              failure == null
                  ? ApiError.NONE
                  : ApiError.fromThrowable(ControllerRoute.unwrapped(failure));
          return new UnregisterBrokerResponse(
              new UnregisterBrokerResponseData()
                  .setErrorCode(error.error().code())
                  .setErrorMessage(error.message()));
        });
  }

  private void describeQuorum(Request request) {
    Answers.answer(
        request,
        control.raft(request),
        answer -> new DescribeQuorumResponse((DescribeQuorumResponseData) answer));
  }

  private void addVoter(Request request) {
    Answers.answer(
        request,
        control.raft(request),
        answer -> new AddRaftVoterResponse((AddRaftVoterResponseData) answer));
  }

  private void removeVoter(Request request) {
    Answers.answer(
        request,
        control.raft(request),
        answer -> new RemoveRaftVoterResponse((RemoveRaftVoterResponseData) answer));
  }
}
