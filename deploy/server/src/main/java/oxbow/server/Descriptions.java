package oxbow.server;

import static java.util.Map.entry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.NamingConvention;
import java.util.Map;

/** Says what meters of libraries measure, where those don't say it themselves. */
final class Descriptions implements MeterFilter {
  private static final Map<String, String> BY_NAME =
      Map.ofEntries(
          entry("armeria_server_all_requests", "HTTP requests being answered, by protocol"),
          entry("armeria_server_connections", "Open HTTP connections"),
          entry("armeria_server_connections_lifespan", "How long HTTP connections were open"),
          entry(
              "armeria_server_exceptions_unlogged",
              "HTTP requests that failed with an exception which was not logged"),
          entry("armeria_server_pending_responses", "HTTP requests without a whole answer yet"),
          entry(
              "armeria_server_router_virtual_host_cache_estimated_size",
              "Paths whose route is remembered"),
          entry(
              "armeria_server_router_virtual_host_cache_eviction_weight",
              "Weight of the remembered routes that had to make room"),
          entry(
              "armeria_server_router_virtual_host_cache_evictions",
              "Remembered routes that had to make room"),
          entry(
              "armeria_server_router_virtual_host_cache_requests",
              "HTTP requests that asked for a remembered route"),
          entry("netty_allocator_memory_used", "Memory that Netty's allocator holds"),
          entry("netty_eventexecutor_tasks_pending", "Tasks that wait for an event loop"),
          entry("oxbow_http_active_requests", "HTTP requests being answered"),
          entry("oxbow_http_request_duration", "Time until a whole HTTP request had come in"),
          entry("oxbow_http_request_length", "Size of HTTP requests' bodies"),
          entry("oxbow_http_requests", "Answered HTTP requests"),
          entry("oxbow_http_response_duration", "Time that sending an HTTP answer took"),
          entry("oxbow_http_response_length", "Size of HTTP answers' bodies"),
          entry("oxbow_http_timeouts", "HTTP requests that took too long"),
          entry("oxbow_http_total_duration", "Time from an HTTP request's first byte to its end"));

  @Override
  public Meter.Id map(Meter.Id id) {
    if (id.getDescription() != null) return id;
    String name = NamingConvention.snakeCase.name(id.getName(), id.getType(), id.getBaseUnit());
    String description = BY_NAME.get(name);
    if (description == null) return id;
    var tags = Tags.of(id.getTagsAsIterable());
    return new Meter.Id(id.getName(), tags, id.getBaseUnit(), description, id.getType());
  }
}
