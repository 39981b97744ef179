package oxbow.server.http;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Where each request comes in. Once it is shut, those under way end and no other begins. Armeria's
 * own waiting takes a second for each stop as soon as somebody is connected. Thread-safe.
 */
final class Gate {
  private int underWay;
  private boolean isShut;

  HttpResponse pass(HttpService service, ServiceRequestContext ctx, HttpRequest request)
      throws Exception {
    if (!enter()) {
      return Json.error(HttpStatus.SERVICE_UNAVAILABLE, "the server stops; try again later");
    }
    // Complete once the answer is written, or given up, whatever becomes of the service.
    var _ = ctx.log().whenComplete().thenRun(this::leave);
    return service.serve(ctx, request);
  }

  private synchronized boolean enter() {
    if (!isShut) underWay++;
    return !isShut;
  }

  private synchronized void leave() {
    underWay--;
    notifyAll();
  }

  synchronized void shut() {
    isShut = true;
  }

  /** Waits until nothing is under way any more, but not for longer than a bound. */
  synchronized void awaitEmpty(Duration bound) throws InterruptedException {
    long until = System.nanoTime() + bound.toNanos();
    while (underWay > 0) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (leftMs <= 0) return;
      wait(leftMs);
    }
  }
}
