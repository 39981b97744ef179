package oxbow.broker.produce;

import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Failures;

/** Gives idempotent producers their identity. */
final class InitProducerId implements ApiHandler {
  private static final short FIRST_EPOCH = 0;

  private final ProducerIds ids;

  InitProducerId(ProducerIds ids) {
    this.ids = ids;
  }

  @Override
  public void handle(Request request) {
    var data = (InitProducerIdRequestData) request.body().data();
    Errors refusal = refusalOf(data);
    if (refusal != Errors.NONE) {
      answer(request, refusal, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH);
      return;
    }
    ids.next()
        .whenComplete((id, failure) -> {
          if (failure == null) answer(request, Errors.NONE, id, FIRST_EPOCH);
          else {
            answer(
                request,
                Failures.errorOf(failure, "producer id"),
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH);
          }
        });
  }

  private static Errors refusalOf(InitProducerIdRequestData data) {
    boolean hasId = data.producerId() != RecordBatch.NO_PRODUCER_ID;
    boolean hasEpoch = data.producerEpoch() != RecordBatch.NO_PRODUCER_EPOCH;
    if (hasId != hasEpoch) return Errors.INVALID_REQUEST;
    if (data.transactionalId() == null) return Errors.NONE;
    if (data.transactionalId().isEmpty()) return Errors.INVALID_REQUEST;
    // Fatal to the client, unlike an absent coordinator, which it would look for until it times
    // out: nothing it could do makes this broker a transaction coordinator.
    return Errors.UNSUPPORTED_VERSION;
  }

  private static void answer(Request request, Errors error, long id, short epoch) {
    request.answer(
        new InitProducerIdResponse(
            new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(id)
                .setProducerEpoch(epoch)));
  }
}
