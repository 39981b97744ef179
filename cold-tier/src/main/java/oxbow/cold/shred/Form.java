package oxbow.cold.shred;

/**
 * How a record's value is kept: the number in {@code kafka_form}. The numbers are part of the file
 * format.
 */
public final class Form {
  /** In typed columns; its bytes follow from them. */
  public static final int EXACT = 0;

  /**
   * Same, in the other way that is common: in Avro with lists in counted blocks of a hundred, as
   * Go's usual encoder cuts them; in JSON with all members written that are null.
   */
  public static final int EXACT_BLOCKED = 1;

  /** In typed columns for engines, and as it came in {@code kafka_raw} for consumers. */
  public static final int TYPED_AND_RAW = 2;

  /** As it came, in {@code kafka_raw}. */
  public static final int RAW = 3;

  /** Null: a tombstone in a compacted topic. */
  public static final int NULL = 4;

  /** Has no schema and lies in the one column for such values. */
  public static final int PLAIN = 5;

  /** As {@link #EXACT}, a text with a space behind each comma and colon. */
  public static final int EXACT_SPACED = 6;

  /** As {@link #EXACT_BLOCKED}, likewise. */
  public static final int EXACT_BLOCKED_SPACED = 7;

  /** Added to the number if the key is typed, and has its lists in blocks. */
  public static final int KEY_BLOCKED = 8;

  /** Added if the value has nothing before it: a header names its schema. */
  public static final int VALUE_BARE = 16;

  /** Added if it is so with a key that is typed. */
  public static final int KEY_BARE = 32;

  /** Added if a typed key is a text with a space behind each comma and colon. */
  public static final int KEY_SPACED = 64;

  static final int VALUE_FORM_BITS = 7;

  private Form() {}
}
