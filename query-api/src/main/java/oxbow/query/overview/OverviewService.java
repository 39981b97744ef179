package oxbow.query.overview;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.log.NanoClock;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.overview.Overview.Cluster;
import oxbow.query.overview.Overview.GroupFacts;
import oxbow.query.overview.Overview.TopicFacts;

/**
 * The overview over HTTP.
 *
 * <pre>
 *   GET /api/v1/cluster
 *   GET /api/v1/topics            all of them
 *   GET /api/v1/topics/{topic}    one with its settings and partitions
 *   GET /api/v1/groups
 *   GET /api/v1/groups/{group}    one with its members and offsets
 * </pre>
 */
public final class OverviewService implements HttpServiceWithRoutes, AutoCloseable {
  private static final String PATH = "/api/v1";
  private static final Duration KEPT = Duration.ofMillis(500);
  private static final int ANSWERS_MAX = 32;

  private final Overview overview;
  private final Recent<Cluster> cluster;
  private final Recent<List<TopicFacts>> topics;
  private final Recent<List<GroupFacts>> groups;
  private final Semaphore places = new Semaphore(ANSWERS_MAX);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("overview-", 0).factory());

  public OverviewService(Overview overview, NanoClock clock) {
    this.overview = overview;
    this.cluster = new Recent<>(KEPT, clock, overview::cluster);
    this.topics = new Recent<>(KEPT, clock, overview::topics);
    this.groups = new Recent<>(KEPT, clock, overview::groups);
  }

  @Override
  public Set<Route> routes() {
    return Set.of(
        Route.builder().path(PATH + "/cluster").build(),
        Route.builder().path(PATH + "/topics").build(),
        Route.builder().path(PATH + "/topics/{topic}").build(),
        Route.builder().path(PATH + "/groups").build(),
        Route.builder().path(PATH + "/groups/{group}").build());
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    if (request.method() != HttpMethod.GET) {
      return Json.refusal(new QueryException(Kind.NO_METHOD, "this path takes GET"));
    }
    if (!ctx.queryParams().isEmpty()) {
      return Json.refusal(new QueryException(Kind.BAD_PARAMETER, "there are no parameters here"));
    }
    @Nullable String topic = ctx.pathParam("topic");
    if (topic != null) return answer(() -> topic(topic));
    @Nullable String group = ctx.pathParam("group");
    if (group != null) return answer(() -> group(group));
    String path = ctx.decodedPath();
    if (path.endsWith("/cluster")) return answer(() -> OverviewJson.cluster(cluster.get()));
    if (path.endsWith("/topics")) return answer(() -> OverviewJson.topics(topics.get()));
    return answer(() -> OverviewJson.groups(groups.get()));
  }

  private Map<String, @Nullable Object> topic(String name) {
    return OverviewJson.topic(
        overview
            .topic(name)
            .orElseThrow(() -> new QueryException(Kind.NO_TOPIC, "there is no topic " + name)));
  }

  private Map<String, @Nullable Object> group(String name) {
    return OverviewJson.group(
        overview
            .group(name)
            .orElseThrow(() -> new QueryException(Kind.NO_GROUP, "there is no group " + name)));
  }

  private HttpResponse answer(Supplier<Map<String, @Nullable Object>> work) {
    if (!places.tryAcquire()) {
      return Json.refusal(new QueryException(Kind.BUSY, "too many ask at a time; try again"));
    }
    return HttpResponse.of(
        CompletableFuture.supplyAsync(work, threads)
            .handle((answer, failure) -> {
              places.release();
              return failure == null
                  ? Json.answer(HttpStatus.OK, answer)
                  : Json.refusal(Failures.of(failure));
            }));
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
