package oxbow.server.http;

import java.util.Map;

/** One part of the server that readiness asks. May read memory, must not wait. */
public interface HealthPart {
  /** Its name in the answer. */
  String name();

  Report report();

  /**
   * How the part is.
   *
   * @param isReady it does what clients expect of it
   * @param facts numbers, texts and booleans an operator wants to see, by name
   */
  record Report(boolean isReady, Map<String, Object> facts) {
    public Report {
      facts = Map.copyOf(facts);
    }
  }

  /** A part that asks a function. */
  static HealthPart of(String name, java.util.function.Supplier<Report> report) {
    return new HealthPart() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Report report() {
        return report.get();
      }
    };
  }
}
