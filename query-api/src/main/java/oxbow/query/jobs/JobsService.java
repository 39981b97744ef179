package oxbow.query.jobs;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.jobs.Jobs.Shown;
import oxbow.query.replay.Waiting;

/**
 * Jobs over HTTP.
 *
 * <pre>
 *   POST   /api/v1/topics/{topic}/replay   makes one; TopicsService hands it over
 *   GET    /api/v1/jobs                    all, the newest first
 *   GET    /api/v1/jobs/{id}               with its partitions
 *   POST   /api/v1/jobs/{id}/pause
 *   POST   /api/v1/jobs/{id}/resume        also tries again what has failed
 *   DELETE /api/v1/jobs/{id}               cancels it; forgets one that has ended
 * </pre>
 */
public final class JobsService implements HttpServiceWithRoutes, AutoCloseable {
  private static final String PATH = "/api/v1/jobs";

  private final Jobs jobs;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("query-", 0).factory());

  public JobsService(Jobs jobs) {
    this.jobs = jobs;
  }

  @Override
  public Set<Route> routes() {
    return Set.of(
        Route.builder().path(PATH).build(), Route.builder().pathPrefix(PATH + "/").build());
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    try {
      return route(ctx.decodedPath().substring(PATH.length()), request.method());
    } catch (RuntimeException e) {
      return Json.refusal(Failures.of(e));
    }
  }

  private HttpResponse route(String rest, HttpMethod method) {
    List<String> path =
        rest.isEmpty() || rest.equals("/") ? List.of() : List.of(rest.substring(1).split("/", -1));
    if (path.isEmpty()) {
      require(method, HttpMethod.GET);
      return answer(() -> Map.of("jobs", text(jobs.list())));
    }
    String id = path.getFirst();
    String what = path.size() == 1 ? "" : path.size() == 2 ? path.get(1) : "?";
    return switch (what) {
      case "" -> {
        if (method == HttpMethod.DELETE) yield shown(() -> jobs.cancel(id));
        require(method, HttpMethod.GET);
        yield shown(() -> jobs.find(id));
      }
      case "pause" -> {
        require(method, HttpMethod.POST);
        yield shown(() -> jobs.pause(id));
      }
      case "resume" -> {
        require(method, HttpMethod.POST);
        yield shown(() -> jobs.resume(id));
      }
      default ->
          throw new QueryException(
              Kind.NO_PATH, "there is nothing at this path; a job has /pause and /resume");
    };
  }

  private static void require(HttpMethod method, HttpMethod allowed) {
    if (method == allowed) return;
    throw new QueryException(Kind.NO_METHOD, "this path takes " + allowed);
  }

  private static List<Map<String, Object>> text(List<Shown> list) {
    return list.stream().map(shown -> JobText.of(shown, false)).toList();
  }

  private HttpResponse shown(Supplier<Shown> work) {
    return answer(() -> JobText.of(work.get(), true));
  }

  private HttpResponse answer(Supplier<Object> work) {
    return HttpResponse.of(
        CompletableFuture.supplyAsync(work, threads)
            .handle((answer, failure) ->
                failure == null
                    ? Json.answer(HttpStatus.OK, answer)
                    : Json.refusal(Failures.of(failure))));
  }

  /** Makes a job of a request's body. May wait; throws {@link QueryException}. */
  public HttpResponse create(String topic, byte[] body, Waiting waiting) {
    Shown made = jobs.create(topic, JobRequest.parse(body), waiting);
    return Json.answer(HttpStatus.ACCEPTED, JobText.of(made, true))
        .mapHeaders(headers ->
            headers.toBuilder()
                .set(HttpHeaderNames.LOCATION, PATH + "/" + made.job().id())
                .build());
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
