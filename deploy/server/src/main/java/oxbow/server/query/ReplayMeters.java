package oxbow.server.query;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;
import oxbow.query.replay.http.ReplayStats;

/** What replays over HTTP do, as metrics. */
final class ReplayMeters {
  private final MeterRegistry meters;
  private final ReplayStats stats;

  private ReplayMeters(MeterRegistry meters, ReplayStats stats) {
    this.meters = meters;
    this.stats = stats;
  }

  static void register(MeterRegistry meters, ReplayStats stats) {
    var all = new ReplayMeters(meters, stats);
    all.records("hot", ReplayStats::hot);
    all.records("cold", ReplayStats::cold);
    all.counter("rows", "Records replayed as rows of SQL, from either tier", ReplayStats::rows);
    all.counter("bytes", "Bytes of answers to replays", ReplayStats::bytes);
    all.counter("ended", "Replays that ended, however they did", ReplayStats::ended);
    all.counter("seconds", "How long the replays that ended took", ReplayStats::seconds);
    all.gauge("open", "Replays under way", ReplayStats::open);
    all.gauge("followers", "Replays under way that follow a topic", ReplayStats::followers);
  }

  private void records(String tier, ToDoubleFunction<ReplayStats> count) {
    FunctionCounter.builder("oxbow.replay.records", stats, count)
        .description("Records that replays read, by where they lay")
        .tag("tier", tier)
        .register(meters);
  }

  private void counter(String name, String what, ToDoubleFunction<ReplayStats> count) {
    FunctionCounter.builder("oxbow.replay." + name, stats, count)
        .description(what)
        .register(meters);
  }

  private void gauge(String name, String what, ToDoubleFunction<ReplayStats> value) {
    Gauge.builder("oxbow.replay." + name, stats, value).description(what).register(meters);
  }
}
