package oxbow.query.replay.http;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.replay.Cursor;
import oxbow.query.replay.Decoding;
import oxbow.query.replay.Decoding.Shown;
import oxbow.query.replay.Replay;
import oxbow.query.replay.ReplayedRecord;

/** Writes an answer's text, part by part. Confined to one thread. */
final class RecordText {
  private final Format format;
  private final String topic;
  private final Decoding decoding;
  private final StringBuilder text = new StringBuilder();
  private boolean hasBegun;
  private long records;

  RecordText(Format format, String topic, Decoding decoding) {
    this.format = format;
    this.topic = topic;
    this.decoding = decoding;
  }

  boolean isEmpty() {
    return text.isEmpty();
  }

  int length() {
    return text.length();
  }

  /** What was written since the last time. */
  byte[] take() {
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    text.setLength(0);
    return bytes;
  }

  void begin() {
    if (hasBegun) return;
    hasBegun = true;
    switch (format) {
      case CSV -> text.append("partition,offset,timestamp,key,value,headers\r\n");
      case JSON -> text.append("{\"records\":[");
      case PROXY_JSON, PROXY_BINARY -> text.append('[');
      case NDJSON, EVENTS -> {}
      case ARROW -> throw noText();
    }
  }

  private static IllegalStateException noText() {
    return new IllegalStateException("rows of Arrow are no text");
  }

  /**
   * One record.
   *
   * @param replay that gave it; asked for the cursor where each record has one
   */
  void record(ReplayedRecord record, Replay replay) {
    begin();
    boolean isFirst = records == 0;
    records++;
    switch (format) {
      case NDJSON -> {
        object(record);
        text.append('\n');
      }
      case EVENTS -> {
        text.append("id: ").append(replay.cursor().text()).append("\ndata: ");
        object(record);
        text.append("\n\n");
      }
      case JSON -> {
        if (!isFirst) text.append(',');
        object(record);
      }
      case PROXY_JSON, PROXY_BINARY -> {
        if (!isFirst) text.append(',');
        proxyObject(record);
      }
      case CSV -> row(record);
      case ARROW -> throw noText();
    }
  }

  private void object(ReplayedRecord record) {
    Shown key = decoding.key(record);
    Shown value = decoding.value(record);
    text.append("{\"topic\":").append(Decoding.quoted(topic));
    text.append(",\"partition\":").append(record.partition());
    text.append(",\"offset\":").append(decoding.number(record.offset()));
    text.append(",\"timestamp\":").append(decoding.number(record.timestampMs()));
    text.append(",\"timestampType\":\"").append(record.timestampType().name).append('"');
    text.append(",\"headers\":");
    headers(record);
    text.append(",\"key\":").append(key.json());
    text.append(",\"value\":").append(value.json());
    text.append(",\"keySchemaId\":").append(orNull(key.schemaId()));
    text.append(",\"valueSchemaId\":").append(orNull(value.schemaId()));
    key.error().ifPresent(why -> text.append(",\"keyError\":").append(Decoding.quoted(why)));
    value.error().ifPresent(why -> text.append(",\"valueError\":").append(Decoding.quoted(why)));
    text.append('}');
  }

  private void headers(ReplayedRecord record) {
    text.append('[');
    boolean isFirst = true;
    for (Header header : record.headers()) {
      if (!isFirst) text.append(',');
      isFirst = false;
      text.append("{\"key\":").append(Decoding.quoted(header.key()));
      text.append(",\"value\":").append(Decoding.header(header.value())).append('}');
    }
    text.append(']');
  }

  private void proxyObject(ReplayedRecord record) {
    text.append("{\"topic\":").append(Decoding.quoted(topic));
    text.append(",\"key\":").append(decoding.key(record).json());
    text.append(",\"value\":").append(decoding.value(record).json());
    text.append(",\"partition\":").append(record.partition());
    text.append(",\"offset\":").append(decoding.number(record.offset())).append('}');
  }

  private void row(ReplayedRecord record) {
    text.append(record.partition()).append(',').append(record.offset()).append(',');
    text.append(Instant.ofEpochMilli(record.timestampMs())).append(',');
    cell(decoding.key(record).json());
    text.append(',');
    cell(decoding.value(record).json());
    text.append(',');
    int headersAt = text.length();
    headers(record);
    String headers = text.substring(headersAt);
    text.setLength(headersAt);
    cell(headers.equals("[]") ? "null" : headers);
    text.append("\r\n");
  }

  /** Texts without their quotes, nothing for null, everything else as JSON. */
  private void cell(String json) {
    if (json.equals("null")) return;
    String shown = json.startsWith("\"") ? Json.text(json) : json;
    boolean isSimple = !shown.isEmpty();
    for (int i = 0; i < shown.length() && isSimple; i++) {
      char c = shown.charAt(i);
      isSimple = c != ',' && c != '"' && c != '\n' && c != '\r';
    }
    if (isSimple) text.append(shown);
    else text.append('"').append(shown.replace("\"", "\"\"")).append('"');
  }

  /** A sign of life, from where one may go on. */
  void heartbeat(Cursor cursor) {
    begin();
    switch (format) {
      case NDJSON -> text.append("{\"next\":\"").append(cursor.text()).append("\"}\n");
      case EVENTS -> text.append("id: ").append(cursor.text()).append("\n: quiet\n\n");
      case CSV, JSON, PROXY_JSON, PROXY_BINARY, ARROW -> {} // these don't follow
    }
  }

  /** The last line of a whole answer. */
  void end(Replay replay) {
    begin();
    switch (format) {
      case NDJSON -> text.append(summary(replay)).append('\n');
      case EVENTS ->
          text.append("event: end\nid: ")
              .append(replay.cursor().text())
              .append("\ndata: ")
              .append(summary(replay))
              .append("\n\n");
      case JSON -> text.append("],").append(summary(replay).substring(1)).append('\n');
      case PROXY_JSON, PROXY_BINARY -> text.append("]\n");
      case CSV, ARROW -> {}
    }
  }

  private static String summary(Replay replay) {
    return Json.of(
        Json.map(
            "next", replay.cursor().text(),
            "end", replay.isAtEnd(),
            "count", replay.recordsGiven(),
            "tier", Json.map("hot", replay.hot(), "cold", replay.cold())));
  }

  /**
   * An error after the answer has begun.
   *
   * @return it can't be said in this format: the answer has to break off
   */
  boolean isCutBy(QueryException failure, Cursor cursor) {
    Map<String, Object> error = Json.error(failure);
    error.put("next", cursor.text());
    switch (format) {
      case NDJSON -> text.append(Json.of(error)).append('\n');
      case EVENTS -> text.append("event: error\ndata: ").append(Json.of(error)).append("\n\n");
      default -> {
        return true;
      }
    }
    return false;
  }

  private static String orNull(Optional<Integer> number) {
    return number.map(String::valueOf).orElse("null");
  }
}
