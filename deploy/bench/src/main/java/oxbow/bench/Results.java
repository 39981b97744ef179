package oxbow.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A file of everything measured so far, so that a benchmark of hours can be stopped, continued and
 * run in parts. Its first line says under which circumstances; results of others are not added to
 * it. Each further line is one value, fields apart by tabs.
 */
final class Results {
  private static final int FIELDS = 9;

  private final Path file;
  private final String circumstances;
  private final List<Measured> all = new ArrayList<>();

  private Results(Path file, String circumstances) {
    this.file = file;
    this.circumstances = circumstances;
  }

  /**
   * Opens a file, or makes one.
   *
   * @param circumstances all that must be alike in results which are compared
   */
  static Results open(Path file, String circumstances) throws IOException {
    var results = new Results(file, circumstances);
    if (!Files.exists(file)) {
      Files.writeString(file, "# " + circumstances + "\n");
      return results;
    }
    List<String> lines = Files.readAllLines(file);
    String before = lines.isEmpty() ? "" : lines.getFirst().replaceFirst("^# ", "");
    if (!before.equals(circumstances)) {
      throw new BenchException(
          """
          %s holds results of
            %s
          and this would be
            %s
          Which doesn't compare. --results names another file, --fresh begins this one anew.\
          """
              .formatted(file, before, circumstances));
    }
    for (String line : lines.subList(1, lines.size())) results.all.add(parse(line, file));
    return results;
  }

  /** Adds what one measurement gave, all or nothing, so that a later run knows what is missing. */
  void add(List<Measured> measured) throws IOException {
    String lines = measured.stream().map(Results::line).collect(Collectors.joining());
    Files.writeString(file, lines, StandardOpenOption.APPEND);
    all.addAll(measured);
  }

  boolean has(Scenario scenario, String contender, int run) {
    return all.stream()
        .anyMatch(m ->
            m.scenario().equals(scenario.title())
                && m.contender().equals(contender)
                && m.run() == run);
  }

  String circumstances() {
    return circumstances;
  }

  List<Measured> all() {
    return List.copyOf(all);
  }

  private static String line(Measured measured) {
    Figure figure = measured.figure();
    return String.join(
            "\t",
            measured.scenario(),
            measured.contender(),
            Integer.toString(measured.run()),
            figure.title(),
            figure.quantity(),
            figure.unit(),
            figure.isMoreBetter() ? "more" : "less",
            Double.toString(measured.value()),
            Double.toString(measured.others()))
        + "\n";
  }

  private static Measured parse(String line, Path file) {
    String[] fields = line.split("\t", -1);
    try {
      if (fields.length != FIELDS) throw new NumberFormatException("fields: " + fields.length);
      return new Measured(
          fields[0],
          fields[1],
          Integer.parseInt(fields[2]),
          new Figure(fields[3], fields[4], fields[5], fields[6].equals("more")),
          Double.parseDouble(fields[7]),
          Double.parseDouble(fields[8]));
    } catch (NumberFormatException e) {
      throw new BenchException(
          file + " has a line that is no result: \"" + line + "\". --fresh begins it anew.", e);
    }
  }
}
