package oxbow.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LimitedConsoleTest {
  private final List<String> lines = new ArrayList<>();
  private final LimitedConsole console = new LimitedConsole();
  private final LoggerContext context = new LoggerContext();
  private long nowMs = 1_000_000;

  /** Remembers lines and writes nothing. */
  private final class Remembering extends EncoderBase<ILoggingEvent> {
    @Override
    public byte[] headerBytes() {
      return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      lines.add(new String(new TextLines().encode(event), StandardCharsets.UTF_8).strip());
      return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
      return new byte[0];
    }
  }

  @BeforeEach
  void open() {
    context.setMDCAdapter(new LogbackMDCAdapter());
    var encoder = new Remembering();
    encoder.start();
    console.setContext(context);
    console.setEncoder(encoder);
    console.start();
  }

  @AfterEach
  void close() {
    console.stop();
  }

  private void log(Level level, String logger, String message, int times) {
    for (int i = 0; i < times; i++) {
      var event = new LoggingEvent("", context.getLogger(logger), level, message, null, null);
      event.setInstant(Instant.ofEpochMilli(nowMs));
      console.doAppend(event);
    }
  }

  @Test
  void aFloodOfOneWarningLeavesTenLinesAndTheOthersTheirOwn() {
    log(Level.WARN, "oxbow.Net", "frame refused", 1000);
    log(Level.ERROR, "oxbow.Disk", "disk full", 1);
    assertThat(lines).hasSize(11);
    assertThat(lines.getLast()).endsWith("ERROR Disk: disk full");
  }

  @Test
  void whatWasLeftOutIsToldWithTheNextLine() {
    log(Level.WARN, "oxbow.Net", "frame refused", 25);
    nowMs += 10_000;
    log(Level.WARN, "oxbow.Net", "frame refused", 1);
    assertThat(lines).hasSize(12);
    assertThat(lines.get(10)).endsWith("warnings were left out count=15 message=\"frame refused\"");
    assertThat(lines.get(11)).endsWith("WARN Net: frame refused");
  }

  @Test
  void whatIsNoWarningIsNeverLeftOut() {
    log(Level.INFO, "oxbow.Net", "client came", 100);
    assertThat(lines).hasSize(100);
  }

  @Test
  void kafkasWarningOfAFirstStartIsLeftOut() {
    String logger = "org.apache.kafka.controller.QuorumController";
    log(Level.WARN, logger, "Performing controller activation. The log appears to be empty.", 1);
    log(Level.WARN, logger, "something else", 1);
    assertThat(lines).hasSize(1);
  }
}
