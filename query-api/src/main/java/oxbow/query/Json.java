package oxbow.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import oxbow.query.QueryException.Kind;

/** Answers in JSON, and the one form that every error has. */
public final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  public static String of(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is wrong with a text that is no JSON, and nothing of how it was read. */
  public static String reason(JsonProcessingException failure) {
    return String.valueOf(failure.getOriginalMessage())
        .replaceAll("\\[Source: [^;\\]]*; (line: \\d+, column: \\d+)]", "$1");
  }

  /** The text that a JSON string stands for. */
  public static String text(String json) {
    try {
      return MAPPER.readValue(json, String.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Names and values in turn, in this order. */
  public static Map<String, Object> map(Object... namesAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }

  public static Map<String, Object> error(QueryException failure) {
    return map("error_code", failure.kind().code(), "message", failure.text());
  }

  public static HttpResponse answer(HttpStatus status, Object value) {
    return HttpResponse.of(status, MediaType.JSON_UTF_8, HttpData.ofUtf8(of(value) + "\n"));
  }

  public static HttpResponse refusal(QueryException failure) {
    var headers =
        ResponseHeaders.builder(HttpStatus.valueOf(failure.kind().status()))
            .contentType(MediaType.JSON_UTF_8);
    if (failure.kind() == Kind.BUSY || failure.kind() == Kind.UNAVAILABLE) {
      headers.setInt(HttpHeaderNames.RETRY_AFTER, 1);
    }
    return HttpResponse.of(headers.build(), HttpData.ofUtf8(of(error(failure)) + "\n"));
  }
}
