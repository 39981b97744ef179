package oxbow.log;

/** Measures how long something takes. */
@FunctionalInterface
public interface NanoClock {
  long nanos();
}
