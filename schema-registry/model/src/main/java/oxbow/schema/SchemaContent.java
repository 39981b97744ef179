package oxbow.schema;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that makes a schema what it is. Two with the same content have the same id in a context, and
 * the same GUID in all.
 *
 * @param references as declared, in its own order
 * @param guid the MD5 of the others
 */
public record SchemaContent(
    SchemaType type,
    String text,
    List<SchemaReference> references,
    @Nullable Metadata metadata,
    @Nullable RuleSet ruleSet,
    UUID guid) {
  public SchemaContent {
    references = List.copyOf(references);
  }

  public static SchemaContent of(
      SchemaType type,
      String text,
      List<SchemaReference> references,
      @Nullable Metadata metadata,
      @Nullable RuleSet ruleSet) {
    UUID guid = Hash.of(text, references, metadata, ruleSet);
    return new SchemaContent(type, text, references, metadata, ruleSet, guid);
  }

  /** The hash as Confluent's registry takes it: its order and its gaps are part of the format. */
  private static final class Hash {
    private final MessageDigest md5;

    private Hash() {
      try {
        md5 = MessageDigest.getInstance("MD5");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has MD5", e);
      }
    }

    static UUID of(
        String text,
        List<SchemaReference> references,
        @Nullable Metadata metadata,
        @Nullable RuleSet ruleSet) {
      var hash = new Hash();
      hash.add(text);
      references.forEach(hash::add);
      if (metadata != null) {
        hash.mark();
        hash.add(metadata);
      }
      if (ruleSet != null) {
        hash.mark();
        hash.add(ruleSet);
      }
      ByteBuffer digest = ByteBuffer.wrap(hash.md5.digest());
      return new UUID(digest.getLong(), digest.getLong());
    }

    private void add(@Nullable String text) {
      if (text != null) md5.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private void mark() {
      md5.update((byte) 1);
    }

    private void add(SchemaReference reference) {
      add(reference.name());
      add(reference.subject());
      md5.update(ByteBuffer.allocate(Integer.BYTES).putInt(reference.version()).array());
    }

    private void add(Metadata metadata) {
      metadata
          .tags()
          .forEach((path, tags) -> {
            add(path);
            tags.forEach(this::add);
          });
      metadata
          .properties()
          .forEach((name, value) -> {
            add(name);
            add(value);
          });
      metadata.sensitive().forEach(this::add);
    }

    private void add(RuleSet rules) {
      rules.migrationRules().forEach(this::add);
      rules.domainRules().forEach(this::add);
      rules.encodingRules().forEach(this::add);
      add(rules.enableAt());
    }

    private void add(Rule rule) {
      add(rule.name());
      add(rule.doc());
      add(rule.kind().name());
      add(rule.mode().name());
      add(rule.type());
      rule.tags().forEach(this::add);
      rule.params()
          .forEach((name, value) -> {
            add(name);
            add(value);
          });
      add(rule.expr());
      add(rule.onSuccess());
      add(rule.onFailure());
      if (rule.isDisabled()) mark();
    }
  }
}
