package oxbow.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjDoubleConsumer;
import oxbow.bench.lake.ColdFileMeasure;
import oxbow.bench.lake.FirstRecordMeasure;

/** The scenarios of the lake: what records cost on their way into cold files and back. */
final class LakeScenarios {
  private static final double LOG_BYTES = 60e6;
  private static final double SECONDS = 25;

  private final double scale;

  LakeScenarios(double scale) {
    this.scale = scale;
  }

  List<Scenario> all() {
    var all = new ArrayList<Scenario>();
    for (int bytes : new int[] {200, 1024}) {
      for (String encoding : List.of("Avro", "JSON", "Protobuf")) {
        for (String codec : List.of("none", "zstd")) {
          all.add(coldFile(encoding, bytes, codec, "Parquet"));
        }
      }
    }
    for (String codec : List.of("none", "zstd")) {
      all.add(coldFile("Avro", 200, codec, "delta"));
      all.add(coldFile("Avro", 200, codec, "Avro"));
      all.add(coldFile("Avro", 1024, codec, "Avro"));
    }
    all.add(
        new Scenario.OfCode(
            Part.lake, "first record at an old offset", SECONDS, this::firstRecord));
    return all;
  }

  private Scenario coldFile(String encoding, int bytes, String codec, String form) {
    String title = "%s %d B, %s, as %s".formatted(encoding, bytes, codec, nameOf(form));
    return new Scenario.OfCode(
        Part.lake,
        title,
        SECONDS,
        (_, data, figures) ->
            run(
                title,
                ColdFileMeasure.class,
                data,
                List.of(encoding, Integer.toString(bytes), codec, form, logBytes()),
                figures));
  }

  private static String nameOf(String form) {
    return form.equals("delta") ? "Parquet with delta encodings" : form;
  }

  private void firstRecord(Contender oxbow, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    run(
        "first record at an old offset",
        FirstRecordMeasure.class,
        data,
        List.of(logBytes()),
        figures);
  }

  private String logBytes() {
    return Long.toString((long) (Math.max(0.05, scale) * LOG_BYTES));
  }

  /** Runs a measurement in a JVM with the server's own options, and takes what it prints. */
  private static void run(
      String title,
      Class<?> main,
      Path data,
      List<String> arguments,
      ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    Files.createDirectories(data);
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders",
            "-Xmx2g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(arguments);
    command.add(data.toString());
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.to(Contender.output(data).toFile()))
            .start();
    List<String> lines;
    try (var output = process.inputReader()) {
      lines = output.lines().toList();
    }
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the process ended with " + process.exitValue());
    }
    for (String line : lines) {
      String[] parts = line.split("\t");
      boolean isMoreBetter = parts[1].startsWith("MB/s");
      figures.accept(
          new Figure(title, parts[0], parts[1], isMoreBetter), Double.parseDouble(parts[2]));
    }
  }
}
