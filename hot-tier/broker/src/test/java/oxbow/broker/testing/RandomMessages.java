package oxbow.broker.testing;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/** Requests and responses of any API and version with every field filled, from a seed. */
public final class RandomMessages {
  private final Random random;

  public RandomMessages(long seed) {
    this.random = new Random(seed);
  }

  public ApiMessage request(ApiKeys api, short version) {
    return filled(api.messageType.newRequest(), api.messageType.requestSchemas()[version]);
  }

  public ApiMessage response(ApiKeys api, short version) {
    return filled(api.messageType.newResponse(), api.messageType.responseSchemas()[version]);
  }

  private <T> T filled(T message, Schema schema) {
    for (BoundField bound : schema.fields()) {
      if (bound.def.type instanceof TaggedFields tagged) {
        for (Field field : tagged.fields().values()) fill(message, field);
      } else {
        fill(message, bound.def);
      }
    }
    return message;
  }

  private void fill(Object message, Field field) {
    Method setter = setter(message.getClass(), field.name);
    Object value = value(setter.getGenericParameterTypes()[0], field.type);
    try {
      setter.setAccessible(true);
      setter.invoke(message, value);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(message.getClass() + " " + field.name, e);
    }
  }

  private static Method setter(Class<?> type, String snakeName) {
    String wanted = "set" + snakeName.replace("_", "").toLowerCase(Locale.ROOT);
    for (Method method : type.getMethods()) {
      if (method.getParameterCount() == 1
          && method.getName().toLowerCase(Locale.ROOT).equals(wanted)) {
        return method;
      }
    }
    throw new AssertionError(type + " has no field " + snakeName);
  }

  private @Nullable Object value(Type type, org.apache.kafka.common.protocol.types.Type wire) {
    if (wire.isNullable() && random.nextInt(4) == 0) return null;
    Class<?> raw =
        type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
    if (Collection.class.isAssignableFrom(raw)) return collection(type, raw, wire);
    if (wire instanceof Schema schema) return filled(created(raw), schema);
    return scalar(raw);
  }

  private Object scalar(Class<?> type) {
    if (type == boolean.class) return random.nextBoolean();
    if (type == byte.class || type == Byte.class) return (byte) random.nextInt();
    if (type == short.class || type == Short.class) return (short) random.nextInt();
    if (type == int.class || type == Integer.class) {
      // Some fields are unsigned 16 bits on the wire.
      return random.nextInt(1 << 15);
    }
    if (type == long.class || type == Long.class) return random.nextLong() >>> 33;
    if (type == double.class) return random.nextDouble();
    if (type == String.class) return text();
    if (type == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
    if (type == byte[].class) return bytes();
    if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes());
    if (type == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
    throw new AssertionError("a field of type " + type);
  }

  private Object collection(
      Type type, Class<?> raw, org.apache.kafka.common.protocol.types.Type wire) {
    Type elementType =
        type instanceof ParameterizedType list
            ? list.getActualTypeArguments()[0]
            : ((ParameterizedType) raw.getGenericSuperclass()).getActualTypeArguments()[0];
    var elementWire = wire.arrayElementType().orElseThrow();
    var elements = new ArrayList<@Nullable Object>();
    for (int i = random.nextInt(4); i > 0; i--) {
      elements.add(
          elementWire instanceof Schema schema
              ? filled(created((Class<?>) elementType), schema)
              : scalar((Class<?>) elementType));
    }
    return raw == List.class ? elements : into(raw, elements);
  }

  @SuppressWarnings("unchecked") // Kafka's own collections; each holds what its field says
  private static Object into(Class<?> type, List<@Nullable Object> elements) {
    var collection = (Collection<@Nullable Object>) created(type);
    collection.addAll(elements);
    return collection;
  }

  private static Object created(Class<?> type) {
    try {
      return type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(String.valueOf(type), e);
    }
  }

  private String text() {
    var text = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) text.append((char) ('a' + random.nextInt(26)));
    return random.nextInt(8) == 0 ? text + "\u00fc\u20ac\ud83d\ude00" : text.toString();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }
}
