package oxbow.schema;

import java.io.Writer;

/**
 * Text that is written for people out of a record's bytes. A few bytes can stand for a long text,
 * as an array of a million nulls does, so it is bounded.
 */
public final class BoundedText extends Writer {
  /** Some times what the largest record can hold. */
  public static final int CHARS_MAX = 64 << 20;

  private final StringBuilder text = new StringBuilder();

  @Override
  public void write(char[] chars, int start, int length) {
    if (text.length() + length > CHARS_MAX) {
      throw new UndecodableException("the value has more than " + CHARS_MAX + " characters");
    }
    text.append(chars, start, length);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}

  @Override
  public String toString() {
    return text.toString();
  }
}
