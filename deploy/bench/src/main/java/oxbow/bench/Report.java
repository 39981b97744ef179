package oxbow.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, as a Markdown table. */
final class Report {
  /** More than this of a core used by others, and a row says so. */
  private static final double OTHERS_MAX = 0.1;

  private Report() {}

  /**
   * Medians of all runs, their spread, and the ratio of Oxbow to Kafka.
   *
   * @param order titles of scenarios as they shall stand; the others come last
   */
  static String of(List<Measured> all, List<String> order) {
    var table = new StringBuilder();
    table.append(summary(all));
    table.append("\n| scenario | figure | Oxbow | Apache Kafka | Oxbow / Kafka |\n");
    table.append("|---|---|---|---|---|\n");
    Map<Figure, List<Measured>> rows = new LinkedHashMap<>();
    all.stream()
        .sorted((a, b) -> Integer.compare(place(a, order), place(b, order)))
        .forEach(m -> rows.computeIfAbsent(m.figure(), _ -> new java.util.ArrayList<>()).add(m));
    rows.forEach((figure, measured) -> table.append(row(figure, measured)));
    return table.toString();
  }

  private static int place(Measured measured, List<String> order) {
    int place = order.indexOf(measured.scenario());
    return place < 0 ? order.size() : place;
  }

  private static String summary(List<Measured> all) {
    if (all.isEmpty()) return "Nothing is measured yet.\n";
    int fewest = Integer.MAX_VALUE;
    int most = 0;
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Measured m : all) counts.merge(m.contender() + m.figure(), 1, Integer::sum);
    for (int count : counts.values()) {
      fewest = Math.min(fewest, count);
      most = Math.max(most, count);
    }
    List<Double> others = all.stream().map(Measured::others).toList();
    return """
    Median (least-most) of %s. Programs of others used %s of a core meanwhile \
    (median; most: %s). A row with * had more than %s of it in one of its runs.
    """
        .formatted(
            fewest == most ? runs(most) : fewest + " to " + runs(most),
            percent(median(others)),
            percent(Collections.max(others)),
            percent(OTHERS_MAX));
  }

  private static String runs(int runs) {
    return runs == 1 ? "1 run" : runs + " runs";
  }

  private static String row(Figure figure, List<Measured> measured) {
    List<Double> ours = values(measured, Contender.OXBOW);
    List<Double> theirs = values(measured, Contender.KAFKA);
    boolean isNoisy = measured.stream().anyMatch(m -> m.others() > OTHERS_MAX);
    String ratio =
        ours.isEmpty() || theirs.isEmpty()
            ? ""
            : String.format(Locale.ROOT, "%.2f", median(ours) / median(theirs));
    return "| %s%s | %s, %s (%s is better) | %s | %s | %s |\n"
        .formatted(
            figure.title(),
            isNoisy ? " *" : "",
            figure.quantity(),
            figure.unit(),
            figure.isMoreBetter() ? "more" : "less",
            cell(ours),
            cell(theirs),
            ratio);
  }

  private static List<Double> values(List<Measured> measured, String contender) {
    return measured.stream()
        .filter(m -> m.contender().equals(contender))
        .map(Measured::value)
        .toList();
  }

  private static String cell(List<Double> values) {
    if (values.isEmpty()) return "";
    String median = number(median(values));
    if (values.size() == 1) return median;
    return "%s (%s-%s)"
        .formatted(median, number(Collections.min(values)), number(Collections.max(values)));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
