package oxbow.schema.avro;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Incompatibility;
import oxbow.schema.JsonText;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaType;
import oxbow.schema.Tags;
import oxbow.schema.TextSchema;
import oxbow.schema.UndecodableException;
import oxbow.schema.layout.Shape;

/** A schema in Avro, with what it refers to resolved. */
public final class AvroSchema extends TextSchema {
  private final Schema avro;
  private final List<Schema> referenced;

  AvroSchema(Schema avro, References references, List<Schema> referenced) {
    super(SchemaType.AVRO, AvroText.canonical(avro, referenced), references);
    this.avro = avro;
    this.referenced = List.copyOf(referenced);
  }

  /** The schema as Avro's library has it. */
  public Schema avro() {
    return avro;
  }

  @Override
  public AvroSchema normalized() {
    String text = AvroText.normalized(avro, referenced);
    return new AvroFormat().parse(text, references().normalized());
  }

  @Override
  public String formatted(String form) {
    boolean isResolved = form.toLowerCase(Locale.ROOT).equals("resolved");
    return isResolved && !referenced.isEmpty() ? avro.toString() : canonicalText();
  }

  @Override
  public boolean finds(ParsedSchema registered) {
    if (super.finds(registered)) return true;
    return registered instanceof AvroSchema other
        && references().declared().isEmpty()
        && !other.references().declared().isEmpty()
        && avro.toString().equals(other.avro.toString());
  }

  @Override
  public List<Incompatibility> whyCannotRead(ParsedSchema writer) {
    if (writer instanceof AvroSchema other) return AvroCompatibility.check(avro, other.avro);
    return List.of(Incompatibility.ofOtherType());
  }

  @Override
  public Optional<String> recordName() {
    return avro.getType() == Schema.Type.RECORD
        ? Optional.ofNullable(avro.getFullName())
        : Optional.empty();
  }

  /**
   * Reads a value that was written with this schema as another version has it: as Avro's generic
   * data, a {@code GenericRecord} for a record.
   *
   * @param data without framing; stays as it is
   * @throws UndecodableException the bytes are something else, or the reader can't have them
   */
  public @Nullable Object read(ByteBuffer data, AvroSchema reader) {
    return AvroValues.read(data, avro, reader.avro);
  }

  @Override
  public String json(ByteBuffer data, ParsedSchema reader) {
    if (!(reader instanceof AvroSchema other)) {
      throw new UndecodableException("the reader's schema is not Avro");
    }
    return other.equals(this)
        ? AvroValues.json(data, avro)
        : AvroValues.json(read(data, other), other.avro);
  }

  @Override
  public byte[] bytes(String json) {
    return AvroWriting.bytes(json, avro);
  }

  @Override
  public SortedMap<SchemaPart, SortedSet<String>> tags() {
    return Tags.read(AvroTags.parts(JsonText.parse(canonicalText())));
  }

  @Override
  public AvroSchema withTags(
      Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    JsonNode root = JsonText.parse(canonicalText());
    Tags.change(AvroTags.parts(root), added, removed);
    return new AvroFormat().parse(root.toString(), references());
  }

  @Override
  public Shape shape() {
    return AvroShapes.of(avro);
  }
}
