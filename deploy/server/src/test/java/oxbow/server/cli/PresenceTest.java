package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresenceTest {
  private final List<String> notes = new ArrayList<>();
  private double connections = 1;
  private final Presence presence = new Presence("localhost:9092", () -> connections, notes::add);

  private void check(double now, int times) {
    connections = now;
    for (int i = 0; i < times; i++) presence.check();
  }

  @Test
  void absenceAndReturnAreToldOnceEach() {
    check(2, 5);
    check(0, 20);
    check(1, 5);

    assertThat(notes)
        .containsExactly(
            "oxbow: the server at localhost:9092 is away; waiting for it (Ctrl-C stops)",
            "oxbow: the server is back");
  }

  @Test
  void everyAbsenceIsTold() {
    check(0, 3);
    check(1, 1);
    check(0, 3);

    assertThat(notes).hasSize(3);
  }

  @Test
  void aConnectionThatIsOnlyMadeAnewIsNoAbsence() {
    check(0, 1);
    check(1, 1);
    check(0, 2);
    check(1, 1);

    assertThat(notes).isEmpty();
  }
}
