package oxbow.log.batch;

/**
 * What a topic asks of its producers' records that a log can't know: whether their keys and values
 * may be in it. Called for each record by whichever thread appends, any number at a time; never
 * waits. Hot path.
 */
public interface RecordCheck {
  /** A field's bytes that are shown, from its first one. */
  int SHOWN_BYTES_MAX = 17;

  /** Name of the header that is shown beside a key, in UTF-8. */
  byte[] keyHeader();

  /** Name of the header that is shown beside a value, in UTF-8. */
  byte[] valueHeader();

  /**
   * Called before a batch's records. Throws an exception of Kafka's that producers take as passing
   * if nothing can be said of them now.
   */
  void begin();

  /** Whether the record may be in the topic. */
  boolean accepts(RecordStart record);

  /** Why it may not, in words for whoever sent it. */
  String reason(RecordStart record);
}
