package oxbow.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured: per figure the values of each contender, run by run. */
final class Figures {
  /** A measured quantity. */
  record Figure(String scenario, String quantity, String unit, boolean isMoreBetter) {}

  private final Map<Figure, Map<String, List<Double>>> values = new LinkedHashMap<>();

  void add(String contender, Figure figure, double value) {
    values
        .computeIfAbsent(figure, _ -> new LinkedHashMap<>())
        .computeIfAbsent(contender, _ -> new ArrayList<>())
        .add(value);
  }

  /** A Markdown table: medians of all runs, their spread, and the ratio of Oxbow to Kafka. */
  String table(String ours, String theirs) {
    var table = new StringBuilder();
    table.append("| scenario | figure | Oxbow | Apache Kafka | Oxbow / Kafka |\n");
    table.append("|---|---|---|---|---|\n");
    values.forEach((figure, byContender) -> {
      List<Double> our = byContender.getOrDefault(ours, List.of());
      List<Double> their = byContender.getOrDefault(theirs, List.of());
      String ratio =
          our.isEmpty() || their.isEmpty()
              ? ""
              : String.format(Locale.ROOT, "%.2f", median(our) / median(their));
      table.append(
          "| %s | %s, %s (%s is better) | %s | %s | %s |%n"
              .formatted(
                  figure.scenario(),
                  figure.quantity(),
                  figure.unit(),
                  figure.isMoreBetter() ? "more" : "less",
                  cell(our),
                  cell(their),
                  ratio));
    });
    return table.toString();
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

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
