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

  /** Whether there is something to measure of a contender. */
  default boolean measures(String contender) {
    return part().measures(contender);
  }

  /** Measured while no other broker runs. */
  sealed interface Alone extends Scenario {
    StartMeasurement measurement();
  }

  /** Starts, measures and ends a broker of its own. */
  record OfStart(Part part, String title, double seconds, StartMeasurement measurement)
      implements Alone {}

  /** The same of Oxbow alone: Apache Kafka has nothing to compare it with. */
  record OfOxbow(Part part, String title, double seconds, StartMeasurement measurement)
      implements Alone {
    @Override
    public boolean measures(String contender) {
      return contender.equals(Contender.OXBOW);
    }
  }

  /** Measures code of ours in a process of its own, without any broker. */
  record OfCode(Part part, String title, double seconds, StartMeasurement measurement)
      implements Alone {
    @Override
    public boolean measures(String contender) {
      return contender.equals(Contender.OXBOW);
    }
  }

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
