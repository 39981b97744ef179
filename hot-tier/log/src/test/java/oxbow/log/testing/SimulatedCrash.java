package oxbow.log.testing;

/** The process ended here. An error, so that nobody takes it for a failure to be handled. */
public final class SimulatedCrash extends Error {
  public SimulatedCrash(String where) {
    super(where);
  }
}
