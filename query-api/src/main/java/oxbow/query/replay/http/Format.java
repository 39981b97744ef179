package oxbow.query.replay.http;

import com.linecorp.armeria.common.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/** The forms that records come in, by their media types. */
enum Format {
  NDJSON("application/x-ndjson", false),
  JSON("application/json", true),
  EVENTS("text/event-stream", false),
  CSV("text/csv", false),
  ARROW("application/vnd.apache.arrow.stream", false),
  PROXY_JSON("application/vnd.kafka.json.v2+json", true),
  PROXY_BINARY("application/vnd.kafka.binary.v2+json", true);

  private final String type;

  /** It is an answer of bounded length, made as a whole. */
  final boolean isPage;

  Format(String type, boolean isPage) {
    this.type = type;
    this.isPage = isPage;
  }

  MediaType contentType() {
    return this == CSV || this == EVENTS
        ? mediaType().withCharset(StandardCharsets.UTF_8)
        : mediaType();
  }

  private MediaType mediaType() {
    return MediaType.parse(type);
  }

  /** Chosen by a parameter, or by what the client accepts, in its order of preference. */
  static Format of(Optional<String> parameter, List<String> accept) {
    if (parameter.isPresent()) {
      return switch (parameter.get()) {
        case "ndjson" -> NDJSON;
        case "json" -> JSON;
        case "sse" -> EVENTS;
        case "csv" -> CSV;
        case "arrow" -> ARROW;
        case String other ->
            throw Parameters.bad("format", other, "ndjson, json, sse, csv or arrow");
      };
    }
    if (accept.isEmpty()) return NDJSON;
    List<MediaType> wanted;
    try {
      wanted =
          accept.stream()
              .flatMap(line -> List.of(line.split(",")).stream())
              .map(each -> MediaType.parse(each.strip()))
              .sorted((a, b) -> Float.compare(b.qualityFactor(), a.qualityFactor()))
              .toList();
    } catch (IllegalArgumentException e) {
      throw new QueryException(Kind.NOT_ACCEPTABLE, "the header Accept is no list of types", e);
    }
    for (MediaType each : wanted) {
      if (each.type().equals("*") || each.is(MediaType.parse("application/ndjson"))) return NDJSON;
      for (Format format : values()) {
        if (each.type().equals(format.mediaType().type()) && matches(each, format)) return format;
      }
    }
    throw new QueryException(
        Kind.NOT_ACCEPTABLE,
        "records come as application/x-ndjson, application/json, text/event-stream, text/csv,"
            + " application/vnd.apache.arrow.stream, application/vnd.kafka.json.v2+json or application/vnd.kafka.binary.v2+json");
  }

  private static boolean matches(MediaType wanted, Format format) {
    return wanted.subtype().equals("*") || wanted.subtype().equals(format.mediaType().subtype());
  }
}
