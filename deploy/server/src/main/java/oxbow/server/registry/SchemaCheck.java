package oxbow.server.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.jspecify.annotations.Nullable;
import oxbow.log.batch.RecordCheck;
import oxbow.log.batch.RecordStart;
import oxbow.schema.Framing;
import oxbow.schema.Schemas;

/** Whether the records of one topic have the schemas that it asks for. Thread-safe. Hot path. */
final class SchemaCheck implements RecordCheck {
  private static final byte[] KEY_HEADER = Framing.KEY_HEADER.getBytes(UTF_8);
  private static final byte[] VALUE_HEADER = Framing.VALUE_HEADER.getBytes(UTF_8);

  private final AtomicReference<@Nullable Schemas> schemas;
  private final @Nullable SchemaRule keys;
  private final @Nullable SchemaRule values;

  /**
   * @param schemas none as long as the registry is not loaded
   * @param keys null: keys may be anything
   * @param values null: values may be anything
   */
  SchemaCheck(
      AtomicReference<@Nullable Schemas> schemas,
      @Nullable SchemaRule keys,
      @Nullable SchemaRule values) {
    this.schemas = schemas;
    this.keys = keys;
    this.values = values;
  }

  @Override
  public byte[] keyHeader() {
    return KEY_HEADER;
  }

  @Override
  public byte[] valueHeader() {
    return VALUE_HEADER;
  }

  @Override
  public void begin() {
    if (schemas.get() != null) return;
    // Of all errors that mean "nothing was written, try again" this is the one that every client's
    // producer retries as it is, without looking for another broker first.
    throw new NotEnoughReplicasException("the schema registry is not loaded yet");
  }

  @Override
  public boolean accepts(RecordStart record) {
    Schemas known = requireNonNull(schemas.get());
    return (keys == null || keys.accepts(known, record.key(), record.keyHeader()))
        && (values == null || values.accepts(known, record.value(), record.valueHeader()));
  }

  @Override
  public String reason(RecordStart record) {
    Schemas known = requireNonNull(schemas.get());
    boolean isKey = keys != null && !keys.accepts(known, record.key(), record.keyHeader());
    return isKey || values == null
        ? requireNonNull(keys).reason(known, record.key(), record.keyHeader())
        : values.reason(known, record.value(), record.valueHeader());
  }
}
