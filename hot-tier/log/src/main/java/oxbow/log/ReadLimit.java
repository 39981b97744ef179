package oxbow.log;

/** How far a read may see. */
public enum ReadLimit {
  /** Everything appended: for followers. */
  LOG_END,
  /** What is safe on all in-sync replicas: for consumers. */
  HIGH_WATERMARK,
  /** The same, up to the first open transaction: for consumers with {@code read_committed}. */
  LAST_STABLE
}
