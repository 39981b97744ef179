package oxbow.schema.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaType;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;

/**
 * Texts to schemas, with what they refer to. What was parsed is kept, up to a weight, since clients
 * ask for the same few again and again. Thread-safe.
 */
final class Parsing {
  static final int LATEST = -1;

  /** A parsed schema takes some ten times its text, and something if that is short. */
  private static final int WEIGHT_PER_CHAR = 10;

  private static final int WEIGHT_LEAST = 2_000;

  /** All that one schema may need, directly or not. */
  private static final int REFERENCES_MAX = 1_000;

  private static final int REFERENCE_DEPTH_MAX = 100;

  private final RegistryState state;
  private final Map<SchemaType, SchemaFormat> formats = new EnumMap<>(SchemaType.class);
  private final Cache<Source, ParsedSchema> parsed;

  /**
   * All that a parsed schema depends on, so nothing here grows old: where a reference means another
   * text, this is another source.
   *
   * @param isNew it was checked as one that comes new
   */
  private record Source(SchemaType type, String text, References references, boolean isNew) {
    int weight() {
      long chars = text.length();
      for (String needed : references.texts().values()) chars += needed.length();
      return (int) Math.min(Integer.MAX_VALUE, WEIGHT_LEAST + chars * WEIGHT_PER_CHAR);
    }
  }

  Parsing(RegistryState state, List<SchemaFormat> formats, long cacheBytes) {
    this.state = state;
    for (SchemaFormat format : formats) this.formats.put(format.type(), format);
    this.parsed =
        Caffeine.newBuilder()
            .maximumWeight(cacheBytes)
            .weigher((Source source, ParsedSchema _) -> source.weight())
            .executor(Runnable::run)
            .build();
  }

  Set<SchemaType> types() {
    return formats.keySet();
  }

  /** One that is registered. Throws {@link RegistryException} if its text can't be parsed. */
  ParsedSchema parse(StoredSchema schema) {
    SchemaType type = schema.content().type();
    References references;
    try {
      references = resolve(schema.content().references(), Subject.of(schema.subject()), true);
    } catch (InvalidSchemaException e) {
      throw invalid(type, e);
    }
    return parse(new Source(type, schema.content().text(), references, false));
  }

  /**
   * One that a client sent.
   *
   * @param isNew it has to satisfy what is asked of new ones
   */
  ParsedSchema parse(SchemaRequest request, Subject subject, boolean isNew) {
    SchemaType type = type(request);
    References references;
    try {
      references = resolve(request.references(), subject, !isNew);
    } catch (InvalidSchemaException e) {
      throw invalid(type, e);
    }
    return parse(new Source(type, request.requiredText(), references, isNew));
  }

  private SchemaType type(SchemaRequest request) {
    if (request.type() == null) return SchemaType.AVRO;
    for (SchemaType type : formats.keySet()) {
      if (type.name().equals(request.type())) return type;
    }
    throw RegistryException.invalidSchema("Invalid schema type " + request.type());
  }

  private ParsedSchema parse(Source source) {
    ParsedSchema known = parsed.getIfPresent(source);
    if (known != null) return known;
    SchemaFormat format = formats.get(source.type());
    if (format == null) {
      throw RegistryException.invalidSchema("Invalid schema type " + source.type());
    }
    try {
      ParsedSchema schema =
          source.isNew()
              ? format.parseNew(source.text(), source.references())
              : format.parse(source.text(), source.references());
      parsed.put(source, schema);
      return schema;
    } catch (InvalidSchemaException e) {
      throw invalid(source.type(), e);
    }
  }

  private static RegistryException invalid(SchemaType type, InvalidSchemaException e) {
    return RegistryException.invalidSchema(
        "Invalid schema of type " + type + ", details: " + e.getMessage());
  }

  /**
   * Finds what references mean; a version of {@link #LATEST} becomes the version it means now.
   *
   * @throws InvalidSchemaException one means nothing
   */
  private References resolve(List<SchemaReference> declared, Subject subject, boolean withDeleted) {
    if (declared.isEmpty()) return References.NONE;
    List<SchemaReference> definite = new ArrayList<>();
    for (SchemaReference reference : declared) {
      StoredSchema target = find(reference, subject, withDeleted);
      definite.add(new SchemaReference(reference.name(), reference.subject(), target.version()));
    }
    SequencedMap<String, String> texts = new LinkedHashMap<>();
    collect(definite, subject, withDeleted, texts, new HashSet<>(), 0);
    return new References(definite, texts);
  }

  private void collect(
      List<SchemaReference> references,
      Subject subject,
      boolean withDeleted,
      SequencedMap<String, String> texts,
      Set<String> seen,
      int depth) {
    if (depth > REFERENCE_DEPTH_MAX) {
      throw new InvalidSchemaException("references lead through more than 100 schemas");
    }
    for (SchemaReference reference : references) {
      if (!seen.add(reference.name())) continue;
      if (seen.size() > REFERENCES_MAX) {
        throw new InvalidSchemaException("references lead to more than 1000 schemas");
      }
      StoredSchema target = find(reference, subject, withDeleted);
      collect(
          target.content().references(),
          Subject.of(target.subject()),
          withDeleted,
          texts,
          seen,
          depth + 1);
      texts.put(reference.name(), target.content().text());
    }
  }

  private StoredSchema find(SchemaReference reference, Subject from, boolean withDeleted) {
    String subject = Subject.of(reference.subject()).within(from).qualified();
    return (reference.version() == LATEST
            ? state.latest(subject)
            : state.find(subject, reference.version()))
        .filter(target -> withDeleted || !target.isDeleted())
        .orElseThrow(() ->
            new InvalidSchemaException(
                "No schema reference found for subject \"%s\" and version %d"
                    .formatted(subject, reference.version())));
  }
}
