package oxbow.cold.file;

import java.util.Map;

/** How many records are kept as they came, by reason. */
public record RawCounts(Map<Reason, Long> records) {
  /** Why a record has no typed columns. */
  public enum Reason {
    /** Its value does not begin with a schema id, and the topic asks for none. */
    NO_SCHEMA,
    /** No such schema is registered. */
    UNKNOWN_SCHEMA,
    /** The schema can't lie in the table's columns. */
    UNMERGED_SCHEMA,
    /** Its bytes are not what its schema says. */
    UNDECODABLE,
    /** It decodes, and is encoded in a way that columns don't keep; typed columns beside it. */
    UNUSUAL_ENCODING
  }

  public RawCounts {
    records = Map.copyOf(records);
  }
}
