package oxbow.cold.testing;

/** A way in which a call to a store goes wrong. */
public enum StoreFault {
  /** 500 or 503: nothing happened. */
  BUSY,
  /** No answer in time, the connection reset: it happened, or not. */
  TIMED_OUT,
  /** It happened, and the answer got lost. */
  LOST_REPLY,
  /** No answer in time; it happens later, while other calls go on. */
  LATE,
  /** The body ended too early. */
  SHORT_BODY,
  /** One bit of the body is wrong, and nothing noticed. */
  WRONG_BYTES,
  /** A listing that doesn't show what was written last. */
  STALE_LISTING,
  /** Expired credentials. */
  DENIED
}
