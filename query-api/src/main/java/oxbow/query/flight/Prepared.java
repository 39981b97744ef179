package oxbow.query.flight;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.arrow.flight.CallStatus;
import org.jspecify.annotations.Nullable;

/**
 * Statements that drivers have prepared, and the values they bound. Drivers that go without closing
 * theirs leave them here: the one that was used least lately makes room. Thread-safe.
 */
final class Prepared {
  private static final int STATEMENTS_MAX = 1_000;

  private final Map<String, Statement> statements =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Statement> eldest) {
          return size() > STATEMENTS_MAX;
        }
      };

  record Statement(String sql, List<@Nullable Object> values) {}

  synchronized String add(String sql) {
    String handle = UUID.randomUUID().toString();
    statements.put(handle, new Statement(sql, List.of()));
    return handle;
  }

  synchronized Statement find(String handle) {
    Statement found = statements.get(handle);
    if (found == null) {
      throw CallStatus.NOT_FOUND
          .withDescription("there is no such prepared statement any more; prepare it again")
          .toRuntimeException();
    }
    return found;
  }

  synchronized void bind(String handle, List<@Nullable Object> values) {
    statements.put(handle, new Statement(find(handle).sql(), values));
  }

  synchronized void remove(String handle) {
    statements.remove(handle);
  }
}
