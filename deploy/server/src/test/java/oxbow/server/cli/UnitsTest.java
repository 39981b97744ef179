package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnitsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");

  private static Instant time(String text) {
    return Instant.ofEpochMilli(Units.timestampMs(text, InstantSource.fixed(NOW)));
  }

  @Test
  void timesAreReadAsPeopleWriteThem() {
    assertThat(time("now")).isEqualTo(NOW);
    assertThat(time("-15m")).isEqualTo(NOW.minusSeconds(900));
    assertThat(time("-2d")).isEqualTo(NOW.minusSeconds(172_800));
    assertThat(time("1795161843483")).isEqualTo(Instant.ofEpochMilli(1_795_161_843_483L));
    assertThat(time("2026-11-20T07:00:00Z")).isEqualTo(Instant.parse("2026-11-20T07:00:00Z"));
    assertThat(time("2026-11-20T07:00:00+02:00")).isEqualTo(Instant.parse("2026-11-20T05:00:00Z"));
    assertThatThrownBy(() -> time("yesterday")).hasMessage("'yesterday' is not a time");
    assertThatThrownBy(() -> time("2026-13-20")).hasMessage("'2026-13-20' is not a time");
  }

  @Test
  void sizesAreShort() {
    assertThat(Units.bytes(0)).isEqualTo("0 B");
    assertThat(Units.bytes(1536)).isEqualTo("1.5 KiB");
    assertThat(Units.bytes(Long.MAX_VALUE)).isEqualTo("8192 PiB");
  }

  @Test
  void linesAreCutAtLineFeedsAndKeepTheirBytes() throws IOException {
    String long70000 = "x".repeat(70_000);
    var lines =
        new Lines(
            new ByteArrayInputStream(
                ("a\r\n\n" + long70000 + "\nü").getBytes(StandardCharsets.UTF_8)),
            100_000);
    List<String> read = new ArrayList<>();
    for (byte[] line; (line = lines.next()) != null; ) {
      read.add(new String(line, StandardCharsets.UTF_8));
    }
    assertThat(read).containsExactly("a", "", long70000, "ü");
    assertThat(lines.bytesRead()).isEqualTo(3 + 1 + 70_001 + 2);
  }

  @Test
  void aLineWithoutAnEndIsRefused() {
    var lines = new Lines(new ByteArrayInputStream(new byte[200_000]), 1000);
    assertThatThrownBy(lines::next).hasMessageContaining("longer than");
  }
}
