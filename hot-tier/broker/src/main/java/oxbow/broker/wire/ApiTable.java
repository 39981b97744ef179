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

  /** Adds an API; each once. */
  public ApiTable serve(ApiKeys api, ApiHandler handler) {
    if (handlers.putIfAbsent(api, handler) != null) {
      throw new IllegalArgumentException(api + " is served twice");
    }
    return this;
  }

  public @Nullable ApiHandler handler(ApiKeys api) {
    return handlers.get(api);
  }

  public Set<ApiKeys> served() {
    return Collections.unmodifiableSet(handlers.keySet());
  }
}
