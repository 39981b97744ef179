package oxbow.bench;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was measured, as a Markdown table. */
final class Report {
  /** More than this of a core used by others, and a row says so. */
  private static final double OTHERS_MAX = 0.1;

  private Report() {}

  /**
   * Medians of all runs, their spread, and the ratio of Oxbow to Kafka; what Kafka has nothing to
   * measure for stands in a table of its own.
   *
   * @param order scenarios as they shall stand; the others come last
   */
  static String of(List<Measured> all, List<Scenario> order) {
    Map<Boolean, List<Measured>> byRival =
        all.stream()
            .sorted(Comparator.comparingInt(m -> place(m, order)))
            .collect(Collectors.partitioningBy(m -> hasRival(m, order)));
    var table = new StringBuilder(summary(all));
    List<Measured> compared = byRival.getOrDefault(true, List.of());
    List<Measured> alone = byRival.getOrDefault(false, List.of());
    if (alone.isEmpty() || !compared.isEmpty()) {
      table.append("\n| scenario | figure | Oxbow | Apache Kafka | Oxbow / Kafka |\n");
      table.append("|---|---|---|---|---|\n");
      rows(compared).forEach((figure, measured) -> table.append(comparison(figure, measured)));
    }
    if (!alone.isEmpty()) {
      table.append("\nWhat Apache Kafka doesn't have:\n");
      table.append("\n| scenario | figure | Oxbow |\n");
      table.append("|---|---|---|\n");
      rows(alone).forEach((figure, measured) -> table.append(row(figure, measured)).append('\n'));
    }
    return table.toString();
  }

  private static Map<Figure, List<Measured>> rows(List<Measured> measured) {
    return measured.stream()
        .collect(Collectors.groupingBy(Measured::figure, LinkedHashMap::new, Collectors.toList()));
  }

  private static int place(Measured measured, List<Scenario> order) {
    for (int i = 0; i < order.size(); i++) {
      if (order.get(i).title().equals(measured.scenario())) return i;
    }
    return order.size();
  }

  private static boolean hasRival(Measured measured, List<Scenario> order) {
    int place = place(measured, order);
    return place == order.size() || order.get(place).measures(Contender.KAFKA);
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

  private static String comparison(Figure figure, List<Measured> measured) {
    List<Double> ours = values(measured, Contender.OXBOW);
    List<Double> theirs = values(measured, Contender.KAFKA);
    String ratio =
        ours.isEmpty() || theirs.isEmpty()
            ? ""
            : String.format(Locale.ROOT, "%.2f", median(ours) / median(theirs));
    return "%s %s | %s |\n".formatted(row(figure, measured), cell(theirs), ratio);
  }

  /** What it is, and Oxbow's value. */
  private static String row(Figure figure, List<Measured> measured) {
    boolean isNoisy = measured.stream().anyMatch(m -> m.others() > OTHERS_MAX);
    return "| %s%s | %s, %s (%s is better) | %s |"
        .formatted(
            figure.title(),
            isNoisy ? " *" : "",
            figure.quantity(),
            figure.unit(),
            figure.isMoreBetter() ? "more" : "less",
            cell(values(measured, Contender.OXBOW)));
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
