package oxbow.schema;

import java.util.Objects;

/** What the languages' schemas have in common: one is told by its text and what it refers to. */
public abstract class TextSchema implements ParsedSchema {
  private final SchemaType type;
  private final String canonicalText;
  private final References references;

  protected TextSchema(SchemaType type, String canonicalText, References references) {
    this.type = type;
    this.canonicalText = canonicalText;
    this.references = references;
  }

  @Override
  public final SchemaType type() {
    return type;
  }

  @Override
  public final References references() {
    return references;
  }

  @Override
  public final String canonicalText() {
    return canonicalText;
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof TextSchema that
        && type == that.type
        && canonicalText.equals(that.canonicalText)
        && references.equals(that.references);
  }

  @Override
  public final int hashCode() {
    return Objects.hash(type, canonicalText);
  }

  @Override
  public final String toString() {
    return canonicalText;
  }
}
