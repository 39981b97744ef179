package oxbow.query.replay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Optional;

/** JSON into one line, its numbers as they stand. */
public final class JsonCopy {
  private static final int DEPTH_MAX = 1_000;
  private static final int TEXT_MAX = 64 << 20;
  private static final int NUMBER_MAX = 10_000;

  /** Up to there a double holds every whole number. */
  private static final long EXACT_MAX = 1L << 53;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxStringLength(TEXT_MAX)
                  .maxNumberLength(NUMBER_MAX)
                  .build())
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private final boolean isLongAsText;

  JsonCopy(boolean isLongAsText) {
    this.isLongAsText = isLongAsText;
  }

  /** One value without white space; empty: the bytes are none, or more than one. */
  Optional<String> copy(byte[] bytes) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      return copy(parser);
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /** What {@link #copy(byte[])} does, with a text that is JSON. */
  String copy(String json) {
    if (!isLongAsText) return json;
    try (JsonParser parser = FACTORY.createParser(json)) {
      return copy(parser).orElse(json);
    } catch (IOException _) {
      return json; // deeper than one reads, and written by a decoder of ours
    }
  }

  private Optional<String> copy(JsonParser parser) throws IOException {
    var out = new StringWriter();
    int depth = 0;
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      JsonToken token = parser.nextToken();
      if (token == null) return Optional.empty();
      do {
        if (token == null) return Optional.empty();
        if (token.isStructStart()) depth++;
        else if (token.isStructEnd()) depth--;
        if (isLongAsText && token == JsonToken.VALUE_NUMBER_INT && isInexact(parser)) {
          json.writeString(parser.getText());
        } else {
          json.copyCurrentEventExact(parser);
        }
        token = parser.nextToken();
      } while (depth > 0);
      if (token != null) return Optional.empty();
    }
    return Optional.of(out.toString());
  }

  private static boolean isInexact(JsonParser parser) throws IOException {
    return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        || isInexact(parser.getLongValue());
  }

  static boolean isInexact(long number) {
    return number > EXACT_MAX || number < -EXACT_MAX;
  }
}
