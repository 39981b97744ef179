package oxbow.query.catalog;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.linecorp.armeria.common.HttpData;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.rest.RESTMessage;
import org.apache.iceberg.rest.RESTSerializers;

/** Bodies, in the forms that Iceberg's own classes give them. */
final class CatalogJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .visibility(PropertyAccessor.FIELD, Visibility.ANY)
          .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
          .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
          .build();

  static {
    RESTSerializers.registerAll(MAPPER);
  }

  private CatalogJson() {}

  static byte[] write(RESTMessage message) {
    try {
      return MAPPER.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static <T extends RESTMessage> T read(HttpData body, Class<T> type) {
    try {
      T message = MAPPER.readValue(body.array(), type);
      if (message == null) throw new BadRequestException("the request has no body");
      message.validate();
      return message;
    } catch (JsonProcessingException e) {
      throw new BadRequestException(e, "can't understand the request: %s", e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes are read without any input
    } catch (IllegalArgumentException | IllegalStateException | NullPointerException e) {
      // What Iceberg's parsers throw where a field is absent or makes no sense.
      throw new BadRequestException(e, "can't understand the request: %s", e.getMessage());
    }
  }
}
