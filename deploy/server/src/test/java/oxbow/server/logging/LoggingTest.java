package oxbow.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

class LoggingTest {
  private static final String LOGGER = "oxbow.log.SegmentRoller";

  @AfterEach
  void defaults() {
    Logging.setLevel(LOGGER, "");
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  private static LoggingEvent event(
      String message, @Nullable Throwable failure, KeyValuePair... pairs) {
    var event =
        new LoggingEvent(
            "",
            ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger(LOGGER),
            Level.WARN,
            message,
            failure,
            null);
    event.setInstant(Instant.parse("2026-11-20T07:18:19.123Z"));
    event.setKeyValuePairs(List.of(pairs));
    return event;
  }

  private static String text(LoggingEvent event) {
    return new String(new TextLines().encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void textLinesHaveTimeLevelLoggerMessageAndKeys() {
    assertThat(
            text(
                event(
                    "segment sealed",
                    null,
                    new KeyValuePair("segment", 4096),
                    new KeyValuePair("reason", "size reached"))))
        .isEqualTo(
            "2026-11-20T07:18:19.123Z WARN SegmentRoller: segment sealed segment=4096"
                + " reason=\"size reached\"\n");
  }

  @Test
  void nobodyCanForgeALineThroughAValue() {
    assertThat(text(event("client gone", null, new KeyValuePair("client", "a\n2026 INFO\u001b[m"))))
        .endsWith("client=\"a\\n2026 INFO?[m\"\n")
        .containsOnlyOnce("\n");
  }

  @Test
  void jsonLinesParseAndCarryKeysAndStack() throws Exception {
    byte[] line =
        new JsonLines()
            .encode(
                event(
                    "disk \"full\"",
                    new IllegalStateException("no space"),
                    new KeyValuePair("bytes", 7L)));
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(line)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken().isScalarValue()) {
          fields.put(parser.currentName(), parser.getText());
        }
      }
    }
    assertThat(fields)
        .containsEntry("time", "2026-11-20T07:18:19.123Z")
        .containsEntry("level", "WARN")
        .containsEntry("logger", LOGGER)
        .containsEntry("message", "disk \"full\"")
        .containsEntry("bytes", "7");
    assertThat(fields.get("stack")).startsWith("java.lang.IllegalStateException: no space");
    assertThat(new String(line, StandardCharsets.UTF_8)).endsWith("}\n").containsOnlyOnce("\n");
  }

  @Test
  void levelsChangeWhileTheServerRuns() {
    assertThat(LoggerFactory.getLogger(LOGGER).isDebugEnabled()).isFalse();
    Logging.setLevel(LOGGER, "debug");
    assertThat(LoggerFactory.getLogger(LOGGER).isDebugEnabled()).isTrue();
    assertThat(Logging.levels()).containsEntry(LOGGER, "DEBUG");
    Logging.setLevel(LOGGER, "");
    assertThat(LoggerFactory.getLogger(LOGGER).isDebugEnabled()).isFalse();
  }

  @Test
  void librariesLogFromWarnAndOurOwnCodeFromInfo() {
    assertThat(LoggerFactory.getLogger("org.apache.kafka.raft").isInfoEnabled()).isFalse();
    assertThat(LoggerFactory.getLogger("org.apache.kafka.raft").isWarnEnabled()).isTrue();
    assertThat(LoggerFactory.getLogger(LOGGER).isInfoEnabled()).isTrue();
  }

  @Test
  void anUnknownLevelIsRefused() {
    assertThatThrownBy(() -> Logging.setLevel(LOGGER, "loud"))
        .hasMessage("there is no log level 'loud'");
  }
}
