package oxbow.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;

/**
 * Reads JSON that strangers wrote: bounded in size and depth, exactly one value, numbers kept as
 * they stand.
 */
public final class JsonText {
  /** More than a record of the topic {@code _schemas} can hold. */
  public static final int CHARS_MAX = 4 << 20;

  /** Some hundred levels of records; whoever walks them may recurse. */
  public static final int DEPTH_MAX = 400;

  /** For texts that are read and written; thread-safe. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxDocumentLength(CHARS_MAX)
                          .maxStringLength(CHARS_MAX)
                          .maxNumberLength(1000)
                          .maxNameLength(50_000)
                          .build())
                  // A location that quotes the text would put a schema into logs and answers.
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final Pattern READERS_OWN =
      Pattern.compile(" \\(start marker at .*\\)$|, from `[^`]*`");

  private JsonText() {}

  /**
   * Reads a text as a tree.
   *
   * @throws InvalidSchemaException where it isn't JSON, or which bound it exceeds
   */
  public static JsonNode parse(String text) {
    checkLength(text);
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node.isMissingNode()) throw new InvalidSchemaException("the text is empty");
      return node;
    } catch (JsonProcessingException e) {
      throw refused(e);
    }
  }

  /**
   * Checks a text's bounds, without keeping anything of it.
   *
   * @throws InvalidSchemaException where it isn't JSON, or which bound it exceeds
   */
  public static void check(String text) {
    checkLength(text);
    try (JsonParser parser = MAPPER.createParser(text)) {
      while (parser.nextToken() != null) {}
    } catch (JsonProcessingException e) {
      throw refused(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a text is read without any input
    }
  }

  /** What is wrong and where, without what only says how it was read. */
  private static InvalidSchemaException refused(JsonProcessingException e) {
    String what = READERS_OWN.matcher(e.getOriginalMessage()).replaceAll("");
    JsonLocation where = e.getLocation();
    return new InvalidSchemaException(
        where == null
            ? what
            : "%s at line %d, column %d".formatted(what, where.getLineNr(), where.getColumnNr()),
        e);
  }

  private static void checkLength(String text) {
    if (text.length() > CHARS_MAX) {
      throw new InvalidSchemaException(
          "the schema has " + text.length() + " characters; at most " + CHARS_MAX + " are taken");
    }
  }
}
