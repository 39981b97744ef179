package oxbow.broker.control;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.kafka.common.requests.AbstractResponse;
import oxbow.broker.net.Request;

/** Turns what the controller says, whenever it says it, into the answer of a request. */
final class Answers {
  private Answers() {}

  static <T> void answer(
      Request request, CompletionStage<T> result, Function<T, AbstractResponse> form) {
    var _ =
        result
            .thenApply(form)
            .whenComplete((response, failure) -> {
              if (failure == null) {
                request.answer(response);
              } else {
                request.fail(ControllerRoute.unwrapped(failure));
              }
            });
  }
}
