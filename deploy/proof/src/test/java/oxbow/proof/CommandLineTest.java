package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Oxbow's own commands as processes: what becomes of them by signals and lost servers. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class CommandLineTest {
  /** What a shell shows of a process that ended itself because of Ctrl-C. */
  private static final int INTERRUPTED = 130;

  private final Proof proof;

  CommandLineTest(Proof proof) {
    this.proof = proof;
  }

  private static ChildProcess command(Path folder, String bootstrap, String... words) {
    var arguments = new ArrayList<>(List.of("oxbow.server.Main"));
    arguments.addAll(List.of(words));
    arguments.addAll(List.of("--bootstrap", bootstrap));
    return ChildProcess.java(words[0], folder, ClassPaths.server(), Oxbow.JVM_FLAGS, arguments);
  }

  @Test
  void consumeSaysThatTheServerIsAwayAndThatItIsBack() {
    Path folder = proof.folder("consume-away");
    Oxbow oxbow = Oxbow.start(folder);
    try (ChildProcess produce = command(folder, oxbow.bootstrap(), "produce", "away")) {
      produce.input("before\n");
      assertThat(produce.awaitExit(Await.LONG)).as(produce.output()).isZero();
    }
    try (ChildProcess consume =
        command(folder, oxbow.bootstrap(), "consume", "away", "--from-beginning", "--max", "2")) {
      Await.until("the first record", Await.LONG, () -> consume.output().contains("before"));

      oxbow.process().kill();
      String away = "oxbow: the server at " + oxbow.bootstrap() + " is away; waiting for it";
      Await.until("that it is away", Await.LONG, () -> consume.output().contains(away));
      oxbow = Oxbow.start(folder, oxbow.port());
      Await.until("that it is back", Await.LONG, () -> consume.output().contains("is back"));
      try (ChildProcess produce = command(folder, oxbow.bootstrap(), "produce", "away")) {
        produce.input("after\n");
        assertThat(produce.awaitExit(Await.LONG)).as(produce.output()).isZero();
      }

      assertThat(consume.awaitExit(Await.LONG)).as(consume.output()).isZero();
      assertThat(consume.output()).containsOnlyOnce(away).containsOnlyOnce("is back");
      assertThat(consume.output()).contains("after");
    } finally {
      oxbow.close();
    }
  }

  @Test
  void produceThatIsInterruptedSendsWhatWasTypedAndSaysHowMuch() {
    Path folder = proof.folder("produce-interrupted");
    String topic = proof.topic("interrupted", 1);
    try (ChildProcess produce = command(folder, proof.bootstrap(), "produce", topic)) {
      produce.type("one\ntwo\nthree without its end");
      Await.until(
          "two records", Await.LONG, () -> Records.values(proof.bootstrap(), topic, 2).size() == 2);

      produce.interrupt();

      assertThat(produce.awaitExit(Await.LONG)).as(produce.output()).isEqualTo(INTERRUPTED);
      assertThat(produce.output()).isEqualTo("produced 2 records\n");
    }
  }

  @Test
  void aHostThatNobodyKnowsIsNamed() {
    Path folder = proof.folder("unknown-host");
    try (ChildProcess start =
        ChildProcess.java(
            "start",
            folder,
            ClassPaths.server(),
            Oxbow.JVM_FLAGS,
            List.of(
                "oxbow.server.Main",
                "start",
                "--no-http",
                "--data=" + folder.resolve("data"),
                "--host=no.such.host.invalid"))) {
      assertThat(start.awaitExit(Await.LONG)).isEqualTo(1);
      assertThat(start.output())
          .contains("listeners: PLAINTEXT can't be opened at no.such.host.invalid:9092")
          .contains("this machine knows no such host")
          .doesNotContain("--port", "\tat ");
    }
  }
}
