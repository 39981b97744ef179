package oxbow.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/** One JSON object per line: time, level, logger, thread, message, the keys, and the stack. */
final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final JsonFactory FACTORY = new JsonFactory();

  @Override
  public byte @Nullable [] headerBytes() {
    return null;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
      json.writeStringField("level", event.getLevel().toString());
      json.writeStringField("logger", event.getLoggerName());
      json.writeStringField("thread", event.getThreadName());
      json.writeStringField("message", event.getFormattedMessage());
      if (event.getKeyValuePairs() != null && !event.getKeyValuePairs().isEmpty()) {
        json.writeObjectFieldStart("keys");
        for (KeyValuePair pair : event.getKeyValuePairs()) {
          json.writeFieldName(pair.key);
          switch (pair.value) {
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Boolean bool -> json.writeBoolean(bool);
            case null -> json.writeNull();
            default -> json.writeString(pair.value.toString());
          }
        }
        json.writeEndObject();
      }
      if (event.getThrowableProxy() != null) {
        json.writeStringField("stack", ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a byte array takes whatever it is given
    }
    return out.toByteArray();
  }

  @Override
  public byte @Nullable [] footerBytes() {
    return null;
  }
}
