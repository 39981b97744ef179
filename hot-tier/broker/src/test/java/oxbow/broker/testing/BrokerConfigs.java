package oxbow.broker.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import oxbow.broker.BrokerConfig;
import oxbow.broker.control.ControlConfig;
import oxbow.broker.fetch.FetchConfig;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.metadata.MetadataConfig;
import oxbow.broker.net.Listener;
import oxbow.broker.net.NetConfig;
import oxbow.broker.produce.ProduceConfig;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.telemetry.TelemetryConfig;
import oxbow.log.LogsConfig;

/** Configurations of whole brokers for tests. */
public final class BrokerConfigs {
  private BrokerConfigs() {}

  /** Everything below one directory, one listener on a free port of the loopback. */
  public static BrokerConfig below(Path data, GroupConfig groups) {
    return new BrokerConfig(
        List.of(new Listener("PLAINTEXT", "127.0.0.1", 0)),
        Map.of(),
        Optional.empty(),
        2,
        ControlConfig.of(1, data.resolve("metadata")),
        LogsConfig.of(data.resolve("log")),
        NetConfig.DEFAULT,
        ProduceConfig.DEFAULT,
        FetchConfig.DEFAULT,
        groups,
        MetadataConfig.DEFAULT,
        QuotaConfig.DEFAULT,
        TelemetryConfig.DEFAULT);
  }
}
