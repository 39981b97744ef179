package oxbow.query.sql.http;

import com.linecorp.armeria.common.MediaType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/** The forms that rows come in, by their media types. */
enum SqlFormat {
  NDJSON("ndjson", "application/x-ndjson"),
  JSON("json", "application/json"),
  CSV("csv", "text/csv; charset=utf-8"),
  ARROW("arrow", "application/vnd.apache.arrow.stream"),
  PARQUET("parquet", "application/vnd.apache.parquet");

  private final String name;
  private final String type;

  SqlFormat(String name, String type) {
    this.name = name;
    this.type = type;
  }

  MediaType type() {
    return MediaType.parse(type);
  }

  /** Chosen by a parameter, or by what the client accepts, in its order of preference. */
  static SqlFormat of(Optional<String> parameter, List<String> accept) {
    if (parameter.isPresent()) {
      return Arrays.stream(values())
          .filter(each -> each.name.equals(parameter.get()))
          .findFirst()
          .orElseThrow(
              () -> SqlBody.bad("format", parameter.get(), "ndjson, json, csv, arrow or parquet"));
    }
    if (accept.isEmpty()) return NDJSON;
    List<MediaType> wanted;
    try {
      wanted =
          accept.stream()
              .flatMap(line -> Arrays.stream(line.split(",")))
              .map(each -> MediaType.parse(each.strip()))
              .sorted((a, b) -> Float.compare(b.qualityFactor(), a.qualityFactor()))
              .toList();
    } catch (IllegalArgumentException e) {
      throw new QueryException(Kind.NOT_ACCEPTABLE, "the header Accept is no list of types", e);
    }
    for (MediaType each : wanted) {
      if (each.type().equals("*") || each.is(MediaType.parse("application/ndjson"))) return NDJSON;
      for (SqlFormat format : values()) {
        boolean isSubtype =
            each.subtype().equals("*") || each.subtype().equals(format.type().subtype());
        if (each.type().equals(format.type().type()) && isSubtype) return format;
      }
      if (each.type().equals("text") && !each.subtype().equals("event-stream")) {
        return NDJSON; // a browser
      }
    }
    throw new QueryException(
        Kind.NOT_ACCEPTABLE,
        "rows come as application/x-ndjson, application/json, text/csv,"
            + " application/vnd.apache.arrow.stream or application/vnd.apache.parquet");
  }
}
