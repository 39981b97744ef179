package oxbow.server.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import java.util.LinkedHashMap;
import java.util.Map;
import oxbow.server.JsonText;

/** Answers in JSON. */
final class Json {
  private Json() {}

  static HttpResponse answer(HttpStatus status, Map<String, ?> object) {
    return HttpResponse.of(
        status, MediaType.JSON_UTF_8, HttpData.ofUtf8(JsonText.of(object) + "\n"));
  }

  /** The one form every error has. */
  static HttpResponse error(HttpStatus status, String message) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("error_code", status.code());
    error.put("message", message);
    return answer(status, error);
  }
}
