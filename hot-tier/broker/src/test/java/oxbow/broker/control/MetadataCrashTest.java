package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.control.ControlRig.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetadataCrashTest {
  @TempDir Path directory;

  @Test
  void topicsThatWereAnsweredSurviveAKill() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    Path metadata = directory.resolve("metadata");
    var answered = new HashSet<String>();
    for (int life = 0; life < 2; life++) {
      int count = 5 + random.nextInt(60);
      List<String> names = untilKilled(metadata, "life-" + life + "-", count);
      assertThat(names).as("seed %d", seed).hasSizeGreaterThanOrEqualTo(count);
      answered.addAll(names);
    }
    try (var rig = ControlRig.serving(metadata)) {
      assertThat(names(rig)).as("seed %d", seed).containsAll(answered);
    }
  }

  /** Starts a process that creates topics, and kills it once so many were answered. */
  private static List<String> untilKilled(Path metadata, String prefix, int count)
      throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                Creator.class.getName(),
                metadata.toString(),
                prefix)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var names = new ArrayList<String>();
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = out.readLine()) != null; ) {
        if (line.startsWith(prefix)) names.add(line);
        if (names.size() == count) process.destroyForcibly();
      }
    } catch (IOException e) {
      assertThat(names).hasSize(count); // killing closes our end of the pipe, too
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    return names;
  }

  /** The process that is killed: prints each topic once it is answered. */
  static final class Creator {
    private Creator() {}

    public static void main(String[] arguments) {
      var rig = ControlRig.serving(Path.of(arguments[0]));
      for (int i = 0; ; i++) {
        String name = arguments[1] + i;
        var _ = await(rig.plane.autoTopics().create(List.of(name)));
        System.out.println(name);
        System.out.flush();
      }
    }
  }

  @Test
  void whatIsOnDiskAtAnyInstantHoldsWhatWasAnsweredBefore() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    Set<String> answered = ConcurrentHashMap.newKeySet();
    var isOver = new AtomicBoolean();
    try (var rig = ControlRig.serving(directory.resolve("metadata"));
        var threads = Executors.newSingleThreadExecutor()) {
      var _ =
          threads.submit(() -> {
            for (int i = 0; !isOver.get(); i++) {
              var _ = await(rig.plane.autoTopics().create(List.of("topic-" + i)));
              answered.add("topic-" + i);
            }
          });
      try {
        for (int copy = 0; copy < 4; copy++) {
          int wanted = answered.size() + 1 + random.nextInt(20);
          while (answered.size() < wanted) Thread.onSpinWait();
          Set<String> before = Set.copyOf(answered);
          Path copied = directory.resolve("copy-" + copy);
          copy(directory.resolve("metadata"), copied);
          tear(copied, random);
          try (var reopened = ControlRig.serving(copied)) {
            assertThat(names(reopened)).as("seed %d, copy %d", seed, copy).containsAll(before);
          }
        }
      } finally {
        isOver.set(true);
      }
    }
  }

  /** Topics that are there, and led. */
  private static Set<String> names(ControlRig rig) {
    var names = new HashSet<String>();
    for (ClusterView.Topic topic : rig.plane.view().topics()) {
      if (topic.partitions().get(0).leader() == 1) names.add(topic.name());
    }
    return names;
  }

  /** A write that was under way: some bytes of it, then whatever was in those blocks before. */
  private static void tear(Path metadata, Random random) throws IOException {
    Path partition = metadata.resolve("__cluster_metadata-0");
    try (Stream<Path> files = Files.list(partition)) {
      Path log =
          files.filter(file -> file.toString().endsWith(".log")).max(Path::compareTo).orElseThrow();
      byte[] garbage = new byte[1 + random.nextInt(200)];
      random.nextBytes(garbage);
      Files.write(log, garbage, java.nio.file.StandardOpenOption.APPEND);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(file -> {
        try {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        } catch (NoSuchFileException e) {
          // a temporary file that was renamed meanwhile
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    }
  }
}
