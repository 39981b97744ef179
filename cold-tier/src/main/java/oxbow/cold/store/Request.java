package oxbow.cold.store;

/** What can be asked of a store, as it is counted and paid for. */
public enum Request {
  PUT,
  GET,
  HEAD,
  LIST,
  DELETE,
  /** Beginning, completing or aborting an upload in parts; a part itself is a {@link #PUT}. */
  MULTIPART
}
