package oxbow.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.InitProducerIdRequest;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.junit.jupiter.api.Test;
import oxbow.broker.testing.FakeRequest;

class ProducerIdsTest {
  private final Queue<CompletableFuture<ProducerIdsBlock>> asked = new ArrayDeque<>();
  private final ProducerIds ids =
      new ProducerIds(() -> {
        var answer = new CompletableFuture<ProducerIdsBlock>();
        asked.add(answer);
        return answer;
      });

  @Test
  void idsAreTakenFromBlocksInTurnAndNeverTwice() {
    List<CompletableFuture<Long>> given = new ArrayList<>();
    for (int i = 0; i < 5; i++) given.add(ids.next().toCompletableFuture());

    asked.remove().complete(new ProducerIdsBlock(1, 1_000, 2));
    asked.remove().complete(new ProducerIdsBlock(1, 3_000, 10));

    assertThat(given.stream().map(CompletableFuture::join))
        .containsExactly(1_000L, 1_001L, 3_000L, 3_001L, 3_002L);
    assertThat(ids.next().toCompletableFuture().join()).isEqualTo(3_003L);
    assertThat(asked).isEmpty();
  }

  @Test
  void manyProducersWaitForOneBlock() {
    List<CompletableFuture<Long>> given = new ArrayList<>();
    for (int i = 0; i < 100; i++) given.add(ids.next().toCompletableFuture());
    assertThat(asked).hasSize(1);

    asked.remove().complete(new ProducerIdsBlock(1, 0, 1_000));

    assertThat(given.stream().map(CompletableFuture::join)).doesNotHaveDuplicates().hasSize(100);
  }

  @Test
  void aFailedAllocationIsPassingToTheClientAndTheNextRequestAsksAgain() {
    CompletableFuture<Long> failed = ids.next().toCompletableFuture();
    asked.remove().completeExceptionally(new TimeoutException("no controller"));
    assertThat(failed.exceptionNow()).isInstanceOf(CoordinatorLoadInProgressException.class);

    CompletableFuture<Long> retried = ids.next().toCompletableFuture();
    asked.remove().complete(new ProducerIdsBlock(1, 7, 10));

    assertThat(retried.join()).isEqualTo(7L);
  }

  @Test
  void anIdempotentProducerGetsAnIdInItsFirstEpoch() {
    FakeRequest request = initProducerId(new InitProducerIdRequestData().setTransactionalId(null));
    asked.remove().complete(new ProducerIdsBlock(1, 42, 10));

    InitProducerIdResponseData answer = request.answer(InitProducerIdResponse.class).data();
    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    assertThat(answer.producerId()).isEqualTo(42);
    assertThat(answer.producerEpoch()).isZero();
  }

  @Test
  void aTransactionalProducerIsRefusedForGood() {
    FakeRequest request = initProducerId(new InitProducerIdRequestData().setTransactionalId("tx"));

    assertThat(errorOf(request)).isEqualTo(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void anEmptyTransactionalIdAndHalfAnIdentityAreInvalid() {
    assertThat(errorOf(initProducerId(new InitProducerIdRequestData().setTransactionalId(""))))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(
            errorOf(
                initProducerId(
                    new InitProducerIdRequestData()
                        .setTransactionalId(null)
                        .setProducerId(5)
                        .setProducerEpoch((short) -1))))
        .isEqualTo(Errors.INVALID_REQUEST);
  }

  private FakeRequest initProducerId(InitProducerIdRequestData data) {
    short version = 5;
    // Read from bytes, since the client's builder refuses what a broken client may send.
    var bytes = MessageUtil.toByteBufferAccessor(data.setTransactionTimeoutMs(1_000), version);
    var request = new FakeRequest(InitProducerIdRequest.parse(bytes, version));
    new InitProducerId(ids).handle(request);
    return request;
  }

  private static Errors errorOf(FakeRequest request) {
    return Errors.forCode(request.answer(InitProducerIdResponse.class).data().errorCode());
  }
}
