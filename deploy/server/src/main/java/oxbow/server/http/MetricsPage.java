package oxbow.server.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** All metrics, in the format that Prometheus asks for. Gathered on a blocking thread. */
final class MetricsPage implements HttpService {
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String PLAIN = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry meters;

  MetricsPage(PrometheusMeterRegistry meters) {
    this.meters = meters;
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    @Nullable String accept = request.headers().get(HttpHeaderNames.ACCEPT);
    boolean isOpenMetrics = accept != null && accept.contains("application/openmetrics-text");
    String type = isOpenMetrics ? OPEN_METRICS : PLAIN;
    return HttpResponse.of(() -> answer(type), ctx.blockingTaskExecutor());
  }

  private HttpResponse answer(String type) {
    var out = new ByteArrayOutputStream();
    try {
      meters.scrape(out, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HttpResponse.of(HttpStatus.OK, MediaType.parse(type), HttpData.wrap(out.toByteArray()));
  }
}
