package oxbow.server.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands about the cluster as a whole. */
final class ClusterCommands {
  private ClusterCommands() {}

  /** {@code oxbow cluster}. */
  @Command(
      name = "cluster",
      description = "Describe the cluster and its brokers.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Cluster {
    private final Terminal terminal;

    Cluster(Terminal terminal) {
      this.terminal = terminal;
    }

    @Command(name = "describe", description = "Show id, controller and brokers.")
    int describe(@Mixin ClientOptions client) {
      try (Admin admin = client.admin()) {
        var cluster = admin.describeCluster();
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("cluster", client.await(cluster.clusterId()));
        Node controller = client.await(cluster.controller());
        facts.put("controller", controller == null ? null : controller.id());
        var brokers = new Table("broker", "host", "port", "rack");
        client.await(cluster.nodes()).stream()
            .sorted(Comparator.comparingInt(Node::id))
            .forEach(node -> brokers.row(node.id(), node.host(), node.port(), node.rack()));
        client.output(terminal).facts(facts, Map.of("brokers", brokers));
      }
      return ExitCode.OK;
    }
  }

  /** {@code oxbow quorum}. */
  @Command(name = "quorum", description = "Show the controllers' quorum.")
  static final class Quorum implements java.util.concurrent.Callable<Integer> {
    private final Terminal terminal;
    @Mixin private ClientOptions client = new ClientOptions();

    Quorum(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (Admin admin = client.admin()) {
        QuorumInfo quorum = client.await(admin.describeMetadataQuorum().quorumInfo());
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("leader", quorum.leaderId());
        facts.put("epoch", quorum.leaderEpoch());
        facts.put("high_watermark", quorum.highWatermark());
        long end =
            quorum.voters().stream()
                .filter(voter -> voter.replicaId() == quorum.leaderId())
                .mapToLong(QuorumInfo.ReplicaState::logEndOffset)
                .max()
                .orElse(quorum.highWatermark());
        var replicas = new Table("node", "role", "log_end", "lag", "directory");
        List<QuorumInfo.ReplicaState> observers = quorum.observers();
        for (var voter : quorum.voters()) {
          String role = voter.replicaId() == quorum.leaderId() ? "leader" : "voter";
          row(replicas, voter, role, end);
        }
        for (var observer : observers) row(replicas, observer, "observer", end);
        client.output(terminal).facts(facts, Map.of("replicas", replicas));
      }
      return ExitCode.OK;
    }

    private static void row(Table table, QuorumInfo.ReplicaState replica, String role, long end) {
      table.row(
          replica.replicaId(),
          role,
          replica.logEndOffset(),
          Math.max(0, end - replica.logEndOffset()),
          replica.replicaDirectoryId().toString());
    }
  }

  /** {@code oxbow logdirs}. */
  @Command(name = "logdirs", description = "Show log directories and what lies in them.")
  static final class LogDirs implements java.util.concurrent.Callable<Integer> {
    private final Terminal terminal;
    @Mixin private ClientOptions client = new ClientOptions();

    @Option(names = "--partitions", description = "Each partition instead of each directory.")
    private boolean isDetailed;

    LogDirs(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      Output output = client.output(terminal);
      try (Admin admin = client.admin()) {
        var directories = new Table("broker", "directory", "partitions", "bytes", "free", "total");
        var partitions = new Table("broker", "topic", "partition", "bytes", "lag");
        for (var broker : new TreeMap<>(Directories.of(client, admin)).entrySet()) {
          for (var directory : new TreeMap<>(broker.getValue()).entrySet()) {
            LogDirDescription log = directory.getValue();
            if (log.error() != null) throw Failures.of(log.error(), client.bootstrap());
            long bytes =
                log.replicaInfos().values().stream().mapToLong(replica -> replica.size()).sum();
            directories.row(
                broker.getKey(),
                directory.getKey(),
                log.replicaInfos().size(),
                size(output, bytes),
                size(output, log.usableBytes()),
                size(output, log.totalBytes()));
            log.replicaInfos().entrySet().stream()
                .sorted(Comparator.comparing(replica -> replica.getKey().toString()))
                .forEach(replica ->
                    partitions.row(
                        broker.getKey(),
                        replica.getKey().topic(),
                        replica.getKey().partition(),
                        replica.getValue().size(),
                        replica.getValue().offsetLag()));
          }
        }
        output.table(isDetailed ? partitions : directories, "there are no log directories");
      }
      return ExitCode.OK;
    }

    private static @Nullable Object size(Output output, OptionalLong bytes) {
      return bytes.isPresent() ? size(output, bytes.getAsLong()) : null;
    }

    private static Object size(Output output, long bytes) {
      return output.isJson() ? (Object) bytes : Units.bytes(bytes);
    }
  }

  /** {@code oxbow features}. */
  @Command(name = "features", description = "Show the cluster's features and their levels.")
  static final class Features implements java.util.concurrent.Callable<Integer> {
    private final Terminal terminal;
    @Mixin private ClientOptions client = new ClientOptions();

    Features(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (Admin admin = client.admin()) {
        var features = client.await(admin.describeFeatures().featureMetadata());
        var table = new Table("feature", "level", "min", "max");
        var names = new TreeSet<>(features.supportedFeatures().keySet());
        names.addAll(features.finalizedFeatures().keySet());
        for (String name : names) {
          var level = features.finalizedFeatures().get(name);
          var range = features.supportedFeatures().get(name);
          table.row(
              name,
              level == null ? 0 : (int) level.maxVersionLevel(),
              range == null ? null : (int) range.minVersion(),
              range == null ? null : (int) range.maxVersion());
        }
        client.output(terminal).table(table, "there are no features");
      }
      return ExitCode.OK;
    }
  }

  /** {@code oxbow quotas}. */
  @Command(
      name = "quotas",
      description = "Show and change what clients may use.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Quotas {
    private final Terminal terminal;

    Quotas(Terminal terminal) {
      this.terminal = terminal;
    }

    /** Whom a quota is for. */
    static final class Entity {
      @Option(names = "--user", paramLabel = "NAME", description = "A user; `default`: the others.")
      @Nullable String user;

      @Option(
          names = "--client-id",
          paramLabel = "ID",
          description = "A client id; `default`: the others.")
      @Nullable String clientId;

      @Option(
          names = "--ip",
          paramLabel = "ADDRESS",
          description = "An address; `default`: others.")
      @Nullable String ip;

      ClientQuotaEntity entity() {
        Map<String, @Nullable String> entries = new HashMap<>();
        put(entries, ClientQuotaEntity.USER, user);
        put(entries, ClientQuotaEntity.CLIENT_ID, clientId);
        put(entries, ClientQuotaEntity.IP, ip);
        if (entries.isEmpty()) {
          throw CommandException.usage("whose quota?", "give --user, --client-id or --ip");
        }
        return new ClientQuotaEntity(entries);
      }

      private static void put(
          Map<String, @Nullable String> entries, String type, @Nullable String name) {
        if (name != null) entries.put(type, name.equals("default") ? null : name);
      }
    }

    @Command(name = "list", description = "List all quotas.")
    int list(@Mixin ClientOptions client) {
      try (Admin admin = client.admin()) {
        var quotas = client.await(admin.describeClientQuotas(ClientQuotaFilter.all()).entities());
        var table = new Table("user", "client_id", "ip", "quota", "value");
        quotas.forEach((entity, values) ->
            new TreeMap<>(values)
                .forEach((quota, value) ->
                    table.row(
                        name(entity, ClientQuotaEntity.USER),
                        name(entity, ClientQuotaEntity.CLIENT_ID),
                        name(entity, ClientQuotaEntity.IP),
                        quota,
                        value)));
        client.output(terminal).table(table, "there are no quotas");
      }
      return ExitCode.OK;
    }

    private static @Nullable String name(ClientQuotaEntity entity, String type) {
      if (!entity.entries().containsKey(type)) return null;
      String name = entity.entries().get(type);
      return name == null ? "default" : name;
    }

    @Command(
        name = "set",
        description = {
          "Set quotas of a user, a client id or an address.",
          "There are producer_byte_rate, consumer_byte_rate, request_percentage,",
          "controller_mutation_rate, and connection_creation_rate (of --ip)."
        })
    int set(
        @Mixin ClientOptions client,
        @Mixin Entity entity,
        @Parameters(arity = "1..*", paramLabel = "QUOTA=VALUE", description = "Quotas.")
            Map<String, Double> quotas) {
      List<ClientQuotaAlteration.Op> changes = new ArrayList<>();
      quotas.forEach((quota, value) -> changes.add(new ClientQuotaAlteration.Op(quota, value)));
      return change(client, entity, changes);
    }

    @Command(name = "unset", description = "Take quotas away.")
    int unset(
        @Mixin ClientOptions client,
        @Mixin Entity entity,
        @Parameters(arity = "1..*", paramLabel = "QUOTA", description = "Quotas.")
            List<String> quotas) {
      List<ClientQuotaAlteration.Op> changes = new ArrayList<>();
      for (String quota : quotas) changes.add(new ClientQuotaAlteration.Op(quota, null));
      return change(client, entity, changes);
    }

    private int change(
        ClientOptions client, Entity entity, List<ClientQuotaAlteration.Op> changes) {
      var alteration = new ClientQuotaAlteration(entity.entity(), changes);
      try (Admin admin = client.admin()) {
        client.await(admin.alterClientQuotas(List.of(alteration)).all());
      }
      client.output(terminal).done("changed the quotas", Map.of("changed", changes.size()));
      return ExitCode.OK;
    }
  }
}
