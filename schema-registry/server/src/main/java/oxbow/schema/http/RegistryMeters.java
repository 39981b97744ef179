package oxbow.schema.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import oxbow.schema.registry.Registry;

/** What the registry counts. */
final class RegistryMeters {
  private static final double MILLIS = 1000;

  private final MeterRegistry meters;
  private final Counter registrations;
  private final Counter lookUps;
  private final Timer changes;

  RegistryMeters(MeterRegistry meters, Registry registry) {
    this.meters = meters;
    this.registrations =
        Counter.builder("oxbow.schema.registrations")
            .description("Registrations that were answered with an id, new or known")
            .register(meters);
    this.lookUps =
        Counter.builder("oxbow.schema.lookups")
            .description("Schemas asked for by id, GUID or content")
            .register(meters);
    this.changes =
        Timer.builder("oxbow.schema.requests")
            .description("Requests that parse, list or wait")
            .register(meters);
    Gauge.builder("oxbow.schema.versions", registry, Registry::schemaCount)
        .description("Versions of all subjects, softly deleted ones too")
        .register(meters);
    Gauge.builder("oxbow.schema.subjects", registry, Registry::subjectCount)
        .description("Subjects with versions")
        .register(meters);
    Gauge.builder("oxbow.schema.records.passed.over", registry, Registry::passedOver)
        .description("Records of the topic that meant nothing")
        .register(meters);
    Gauge.builder("oxbow.schema.load.time", registry, RegistryMeters::loadSeconds)
        .baseUnit("seconds")
        .description("How long reading the topic took at the start")
        .register(meters);
  }

  private static double loadSeconds(Registry registry) {
    return registry.loadTime().map(time -> time.toMillis() / MILLIS).orElse(Double.NaN);
  }

  void registration() {
    registrations.increment();
  }

  void lookUp() {
    lookUps.increment();
  }

  Timer.Sample begin() {
    return Timer.start(meters);
  }

  void end(Timer.Sample sample) {
    long _ = sample.stop(changes);
  }

  /** Codes are few: those of the registry, and HTTP's own. */
  void error(int code) {
    Counter.builder("oxbow.schema.errors")
        .description("Answers that were errors, by their code")
        .tag("code", Integer.toString(code))
        .register(meters)
        .increment();
  }
}
