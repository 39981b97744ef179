package oxbow.broker.wire;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.ApiHandler;

/** The APIs this broker serves. What is not in here is not advertised and not answered. */
public final class ApiTable {
  private final EnumMap<ApiKeys, ApiHandler> handlers = new EnumMap<>(ApiKeys.class);
  private volatile boolean isComplete;

  /** Adds an API; each once, and none any more when the table is complete. */
  public ApiTable serve(ApiKeys api, ApiHandler handler) {
    if (isComplete) throw new IllegalStateException(api + " comes too late: the port is open");
    if (handlers.putIfAbsent(api, handler) != null) {
      throw new IllegalArgumentException(api + " is served twice");
    }
    return this;
  }

  /** From now on the table is what clients were told. */
  public void complete() {
    isComplete = true;
  }

  public @Nullable ApiHandler handler(ApiKeys api) {
    return handlers.get(api);
  }

  public Set<ApiKeys> served() {
    return Collections.unmodifiableSet(handlers.keySet());
  }
}
