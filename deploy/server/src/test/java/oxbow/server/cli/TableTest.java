package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void numbersStandToTheRightAndNothingIsADash() {
    var table = new Table("topic", "records").row("orders", 12345).row("a", null).row("b", 7);
    assertThat(table.lines(80))
        .containsExactly(
            "TOPIC   RECORDS", "orders    12345", "a             -", "b             7");
  }

  @Test
  void theWidestColumnsAreCutToTheTerminal() {
    var table = new Table("name", "text").row("n".repeat(30), "t".repeat(50));
    List<String> lines = table.lines(40);
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
    assertThat(lines.get(1)).contains("n…  t").endsWith("t…");
  }

  @Test
  void jsonIsWholeAndKeepsTypes() {
    var table =
        new Table("name", "count", "is_on", "ids")
            .row("x\"y", 5L, true, List.of(1, 2))
            .row("z", null, false, List.of());
    assertThat(table.json())
        .isEqualTo(
            "[{\"name\":\"x\\\"y\",\"count\":5,\"is_on\":true,\"ids\":[1,2]},\n"
                + " {\"name\":\"z\",\"count\":null,\"is_on\":false,\"ids\":[]}]");
    assertThat(new Table("a").json()).isEqualTo("[]");
  }

  @Test
  void controlCharactersDoNotReachTheTerminal() {
    assertThat(new Table("name").row("a\u001b[2Jb\n").lines(80)).contains("a?[2Jb?");
  }
}
