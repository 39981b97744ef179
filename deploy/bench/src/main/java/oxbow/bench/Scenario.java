package oxbow.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.ObjDoubleConsumer;

/** What is measured at once, of one contender. */
sealed interface Scenario {
  Part part();

  String title();

  /** About how long it takes with all of the load, mean of both contenders, on two cores. */
  double seconds();

  /** Starts, measures and ends a broker of its own. */
  record OfStart(Part part, String title, double seconds, StartMeasurement measurement)
      implements Scenario {}

  /** Loads a broker that runs for all such scenarios and is warm. */
  record OfLoad(Part part, String title, double seconds, LoadMeasurement measurement)
      implements Scenario {}

  /** Measures a contender on a directory that is empty before and deleted afterwards. */
  interface StartMeasurement {
    void measure(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
        throws IOException, InterruptedException;
  }

  /** Measures a running broker. */
  interface LoadMeasurement {
    void measure(BrokerProcess broker, ObjDoubleConsumer<Figure> figures)
        throws InterruptedException;
  }
}
