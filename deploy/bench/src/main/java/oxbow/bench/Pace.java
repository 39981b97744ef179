package oxbow.bench;

import java.util.List;
import java.util.Locale;

/** How far the benchmark is, and about how long it still takes, corrected by how long it took. */
final class Pace {
  private static final double TRUSTED_SECONDS = 30;

  private final long beginNanos = System.nanoTime();
  private final int steps;
  private double secondsToWarmUp;
  private double secondsAhead;
  private double secondsBehind;
  private int done;

  Pace(List<Step> steps, double secondsToWarmUp) {
    this.steps = steps.size();
    this.secondsToWarmUp = secondsToWarmUp;
    this.secondsAhead =
        secondsToWarmUp + steps.stream().mapToDouble(step -> step.scenario().seconds()).sum();
  }

  void warmedUp() {
    pass(secondsToWarmUp);
    secondsToWarmUp = 0;
  }

  void done(Step step) {
    done++;
    pass(step.scenario().seconds());
  }

  private void pass(double seconds) {
    secondsAhead -= seconds;
    secondsBehind += seconds;
  }

  double secondsLeft() {
    if (secondsBehind < TRUSTED_SECONDS) return secondsAhead;
    double took = (System.nanoTime() - beginNanos) / 1e9;
    return secondsAhead * took / secondsBehind;
  }

  String text() {
    return "[%d/%d, %s left]".formatted(done + 1, steps, duration(secondsLeft()));
  }

  /** Roughly, as one would say it. */
  static String duration(double seconds) {
    long minutes = Math.round(seconds / 60);
    if (seconds < 90) return "about %.0f s".formatted(Math.max(1, seconds));
    if (minutes < 90) return "about %d min".formatted(minutes);
    return String.format(Locale.ROOT, "about %d h %02d min", minutes / 60, minutes % 60);
  }
}
