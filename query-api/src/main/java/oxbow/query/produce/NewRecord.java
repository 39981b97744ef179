package oxbow.query.produce;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import oxbow.query.QueryException;

/** One of the records somebody sends: what is to be appended, or why it isn't. */
public sealed interface NewRecord {
  /**
   * It can be appended.
   *
   * @param partition empty: chosen by the key
   * @param timestampMs empty: now
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Good(
      Optional<Integer> partition,
      Optional<Long> timestampMs,
      List<Header> headers,
      byte @Nullable [] key,
      byte @Nullable [] value)
      implements NewRecord {
    public Good {
      headers = List.copyOf(headers);
    }
  }

  record Bad(QueryException reason) implements NewRecord {}
}
