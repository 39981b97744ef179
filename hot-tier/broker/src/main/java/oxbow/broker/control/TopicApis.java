package oxbow.broker.control;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResultCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.controller.ResultOrError;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.quota.MutationQuota;
import oxbow.broker.wire.ApiTable;

/** Creating, growing and deleting topics. Answered when this broker's view shows the change. */
final class TopicApis {
  private static final String DUPLICATE_NAME = "Duplicate topic name.";

  // From these versions on a client understands that its quota is used up.
  private static final int CREATE_TOPICS_STRICT = 6;
  private static final int DELETE_TOPICS_STRICT = 5;
  private static final int CREATE_PARTITIONS_STRICT = 3;

  private final ControlPlane control;
  private final boolean isDeletionEnabled;

  TopicApis(ControlPlane control, boolean isDeletionEnabled) {
    this.control = control;
    this.isDeletionEnabled = isDeletionEnabled;
  }

  void serveOn(ApiTable table, ClientQuotas quotas) {
    table
        .serve(
            ApiKeys.CREATE_TOPICS,
            request -> createTopics(request, quota(quotas, request, CREATE_TOPICS_STRICT)))
        .serve(
            ApiKeys.DELETE_TOPICS,
            request -> deleteTopics(request, quota(quotas, request, DELETE_TOPICS_STRICT)))
        .serve(
            ApiKeys.CREATE_PARTITIONS,
            request -> createPartitions(request, quota(quotas, request, CREATE_PARTITIONS_STRICT)));
  }

  private static MutationQuota quota(ClientQuotas quotas, Request request, int strictSince) {
    return quotas.mutations(request.client(), request.header().apiVersion() >= strictSince);
  }

  private static AbstractResponse throttled(AbstractResponse response, MutationQuota quota) {
    response.maybeSetThrottleTimeMs(quota.throttleMs());
    return response;
  }

  private void createTopics(Request request, MutationQuota quota) {
    CreateTopicsRequestData body = ((CreateTopicsRequest) request.body()).data();
    Answers.answer(
        request,
        create(Contexts.of(request, body.timeoutMs(), quota), body),
        created -> throttled(new CreateTopicsResponse(created), quota));
  }

  CompletionStage<CreateTopicsResponseData> create(
      ControllerRequestContext context, CreateTopicsRequestData body) {
    var names = new HashSet<String>();
    var duplicates = new HashSet<String>();
    for (CreatableTopic topic : body.topics()) {
      if (!names.add(topic.name())) duplicates.add(topic.name());
    }
    names.removeAll(duplicates);
    boolean isMetadataTopicNamed = names.remove(Topic.CLUSTER_METADATA_TOPIC_NAME);
    CreateTopicsRequestData wanted = body.duplicate();
    wanted.topics().removeIf(topic -> !names.contains(topic.name()));
    return control
        .change(controller -> controller.createTopics(context, wanted, names, true))
        .thenApply(answer -> {
          for (String name : duplicates) answer.topics().add(refused(name, DUPLICATE_NAME));
          if (isMetadataTopicNamed) {
            answer
                .topics()
                .add(
                    refused(
                        Topic.CLUSTER_METADATA_TOPIC_NAME,
                        "Creation of internal topic "
                            + Topic.CLUSTER_METADATA_TOPIC_NAME
                            + " is prohibited."));
          }
          return answer;
        });
  }

  private static CreatableTopicResult refused(String name, String reason) {
    return new CreatableTopicResult()
        .setName(name)
        .setErrorCode(Errors.INVALID_REQUEST.code())
        .setErrorMessage(reason);
  }

  private void deleteTopics(Request request, MutationQuota quota) {
    DeleteTopicsRequestData body = ((DeleteTopicsRequest) request.body()).data();
    if (!isDeletionEnabled) {
      request.fail(
          request.header().apiVersion() < 3
              ? new InvalidRequestException("Topic deletion is disabled.")
              : new TopicDeletionDisabledException());
      return;
    }
    Answers.answer(
        request,
        new Deletion(Contexts.of(request, body.timeoutMs(), quota)).run(body),
        results ->
            throttled(
                new DeleteTopicsResponse(
                    new DeleteTopicsResponseData()
                        .setResponses(new DeletableTopicResultCollection(results.iterator()))),
                quota));
  }

  /** One DeleteTopics request: topics come by name or by id, and each only once. */
  private final class Deletion {
    private final ControllerRequestContext context;
    private final List<DeletableTopicResult> results = new ArrayList<>();

    Deletion(ControllerRequestContext context) {
      this.context = context;
    }

    CompletionStage<List<DeletableTopicResult>> run(DeleteTopicsRequestData body) {
      var names = new Distinct<String>();
      var ids = new Distinct<Uuid>();
      body.topicNames().forEach(names::add);
      for (DeleteTopicState topic : body.topics()) {
        boolean isIdGiven = !topic.topicId().equals(Uuid.ZERO_UUID);
        if (topic.name() != null && isIdGiven) {
          add(
              topic.name(),
              topic.topicId(),
              invalid("You may not specify both topic name and topic id."));
        } else if (topic.name() != null) {
          names.add(topic.name());
        } else if (isIdGiven) {
          ids.add(topic.topicId());
        } else {
          add(null, Uuid.ZERO_UUID, invalid("Neither topic name nor id were specified."));
        }
      }
      names.repeated.forEach(name -> add(name, Uuid.ZERO_UUID, invalid(DUPLICATE_NAME)));
      ids.repeated.forEach(id -> add(null, id, invalid("Duplicate topic id.")));
      return control
          .ask(controller -> controller.findTopicNames(context, ids.once))
          .thenCombine(
              control.ask(controller -> controller.findTopicIds(context, names.once)),
              (namesById, idsByName) -> resolve(namesById, idsByName, ids.repeated))
          .thenCompose(this::delete);
    }

    /** The topics to delete; what can't be resolved gets its answer here. */
    private Map<Uuid, String> resolve(
        Map<Uuid, ResultOrError<String>> namesById,
        Map<String, ResultOrError<Uuid>> idsByName,
        Set<Uuid> repeatedIds) {
      var doomed = new HashMap<Uuid, String>();
      namesById.forEach((id, name) -> {
        if (name.isError()) {
          add(null, id, name.error());
        } else {
          doomed.put(id, name.result());
        }
      });
      var ambiguous = new HashSet<>(repeatedIds);
      idsByName.forEach((name, id) -> {
        if (id.isError()) {
          add(name, Uuid.ZERO_UUID, id.error());
        } else if (ambiguous.contains(id.result()) || doomed.put(id.result(), name) != null) {
          ambiguous.add(id.result());
          doomed.remove(id.result());
          add(
              name,
              id.result(),
              invalid("The provided topic name maps to an ID that was already supplied."));
        }
      });
      return doomed;
    }

    private CompletableFuture<List<DeletableTopicResult>> delete(Map<Uuid, String> doomed) {
      if (doomed.isEmpty()) return CompletableFuture.completedFuture(results);
      return control
          .change(controller -> controller.deleteTopics(context, doomed.keySet()))
          .thenApply(errors -> {
            errors.forEach((id, error) -> add(doomed.get(id), id, error));
            // The order would tell topics that are absent from those one may not see.
            Collections.shuffle(results);
            return results;
          });
    }

    private void add(@Nullable String name, Uuid id, ApiError error) {
      results.add(
          new DeletableTopicResult()
              .setName(name)
              .setTopicId(id)
              .setErrorCode(error.error().code())
              .setErrorMessage(error.message()));
    }

    private static ApiError invalid(String reason) {
      return new ApiError(Errors.INVALID_REQUEST, reason);
    }
  }

  private void createPartitions(Request request, MutationQuota quota) {
    var body = ((CreatePartitionsRequest) request.body()).data();
    var names = new Distinct<String>();
    body.topics().forEach(topic -> names.add(topic.name()));
    List<CreatePartitionsTopic> wanted =
        body.topics().stream().filter(topic -> names.once.contains(topic.name())).toList();
    Answers.answer(
        request,
        control.change(controller ->
            controller.createPartitions(
                Contexts.of(request, body.timeoutMs(), quota), wanted, body.validateOnly())),
        answered -> {
          var results = new ArrayList<>(answered);
          for (String name : names.repeated) {
            results.add(
                new CreatePartitionsTopicResult()
                    .setName(name)
                    .setErrorCode(Errors.INVALID_REQUEST.code())
                    .setErrorMessage(DUPLICATE_NAME));
          }
          return throttled(
              new CreatePartitionsResponse(new CreatePartitionsResponseData().setResults(results)),
              quota);
        });
  }

  /** Sorts what is named once from what is named again. */
  private static final class Distinct<T> {
    private final Set<T> once = new LinkedHashSet<>();
    private final Set<T> repeated = new LinkedHashSet<>();

    void add(T item) {
      if (repeated.contains(item)) return;
      if (!once.add(item)) {
        once.remove(item);
        repeated.add(item);
      }
    }
  }
}
