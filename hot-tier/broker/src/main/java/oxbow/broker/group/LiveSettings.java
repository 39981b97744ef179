package oxbow.broker.group;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;

/**
 * The coordinator's settings, of which some change while it runs: Kafka's coordinator asks for
 * those anew each time. Changed by the metadata loader's thread, read by any.
 */
final class LiveSettings extends AbstractConfig {
  private final Map<String, String> configured;
  private volatile Map<String, Integer> changed = Map.of();

  LiveSettings(ConfigDef definition, Map<String, String> configured) {
    super(definition, new HashMap<>(configured), false);
    this.configured = Map.copyOf(configured);
  }

  /** Takes what is set for this broker now; what isn't set any more is as it was configured. */
  void change(Map<String, String> dynamic, Set<String> names) {
    var all = new HashMap<>(configured);
    for (String name : names) {
      if (dynamic.containsKey(name)) all.put(name, dynamic.get(name));
    }
    // As Kafka does: a value beyond the bounds that are configured is taken as the bound.
    GroupCoordinatorConfig.clampDynamicConfigs(all);
    var now = new HashMap<String, Integer>();
    all.forEach((name, value) -> {
      boolean isSet = names.contains(name) && dynamic.containsKey(name);
      if (isSet) now.put(name, Integer.valueOf(value.trim()));
    });
    changed = Map.copyOf(now);
  }

  @Override
  public Integer getInt(String key) {
    Integer now = changed.get(key);
    return now == null ? super.getInt(key) : now;
  }
}
