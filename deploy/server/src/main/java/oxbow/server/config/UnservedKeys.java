package oxbow.server.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Settings of Apache Kafka that are none here, each with what becomes of it. Refused is what would
 * promise something that is not kept (security, plug-ins); accepted with a warning is what can do
 * no harm, so that a configuration file of Kafka's often starts as it is.
 */
public final class UnservedKeys {
  /** What becomes of a setting that is none here. */
  public sealed interface Verdict {
    String reason();
  }

  /** It stops the start. */
  public record Refused(String reason) implements Verdict {}

  /** It is accepted, with a warning. */
  public record Ignored(String reason) implements Verdict {}

  /** It is accepted where it says what holds anyway; other values stop the start. */
  public record OnlyAs(List<String> values, String reason) implements Verdict {}

  private static final Map<String, Verdict> BY_NAME = new LinkedHashMap<>();
  private static final Map<String, Verdict> BY_PREFIX = new LinkedHashMap<>();

  static {
    String security = "TLS, SASL and authorization are not served yet, so it would protect nothing";
    for (String prefix :
        List.of("ssl.", "sasl.", "listener.name.", "delegation.token.", "password.encoder.")) {
      BY_PREFIX.put(prefix, new Refused(security));
    }
    for (String name :
        List.of(
            "authorizer.class.name",
            "super.users",
            "allow.everyone.if.no.acl.found",
            "principal.builder.class",
            "security.providers",
            "connections.max.reauth.ms",
            "connection.failed.authentication.delay.ms")) {
      BY_NAME.put(name, new Refused(security));
    }
    BY_NAME.put("security.inter.broker.protocol", onlyAs(security, "PLAINTEXT"));

    String ownTier = "the cold tier is Oxbow's own; its keys begin with cold.";
    for (String prefix :
        List.of(
            "remote.fetch.",
            "remote.list.",
            "remote.log.index.",
            "remote.log.manager.",
            "remote.log.metadata.",
            "remote.log.reader.",
            "remote.log.storage.manager.",
            "rlmm.config.",
            "rsm.config.")) {
      BY_PREFIX.put(prefix, new Refused(ownTier));
    }
    BY_NAME.put("follower.fetch.last.tiered.offset.enable", refused(ownTier));

    String oneNode = "there is one node, so nothing is replicated";
    BY_NAME.put("inter.broker.listener.name", ignored(oneNode));
    BY_NAME.put("auto.leader.rebalance.enable", ignored(oneNode));
    BY_NAME.put("leader.imbalance.check.interval.seconds", ignored(oneNode));
    BY_NAME.put("leader.imbalance.per.broker.percentage", ignored(oneNode));
    BY_NAME.put("num.replica.fetchers", ignored(oneNode));
    BY_NAME.put("num.replica.alter.log.dirs.threads", ignored(oneNode));
    BY_NAME.put("replica.selector.class", refused("replicas are not chosen by plug-ins"));
    for (String prefix :
        List.of("replica.", "replication.quota.", "alter.log.dirs.replication.quota.")) {
      BY_PREFIX.put(prefix, ignored(oneNode));
    }
    BY_NAME.put("unclean.leader.election.interval.ms", ignored(oneNode));

    String controller = "the controller runs inside this process and needs no port";
    BY_PREFIX.put("controller.quorum.", ignored(controller));
    BY_NAME.put("request.timeout.ms", ignored("nothing is asked over the network by this node"));
    BY_NAME.put("controller.socket.timeout.ms", ignored(controller));
    BY_NAME.put("controlled.shutdown.enable", ignored("a stop is always an orderly one"));
    BY_NAME.put("initial.broker.registration.timeout.ms", ignored(controller));
    BY_NAME.put("early.start.listeners", ignored("listeners open once the broker can serve"));
    BY_NAME.put("socket.connection.setup.timeout.ms", ignored(oneNode));
    BY_NAME.put("socket.connection.setup.timeout.max.ms", ignored(oneNode));
    BY_PREFIX.put("controller.performance.", refused("it is an internal setting of Kafka's"));

    String threads = "requests are served by num.network.threads, none of which waits";
    BY_NAME.put("num.io.threads", ignored(threads));
    BY_NAME.put("num.recovery.threads.per.data.dir", ignored("background.threads count for it"));
    BY_NAME.put("log.cleaner.threads", ignored("background.threads count for it"));
    BY_NAME.put("log.cleaner.enable", onlyAs("topics decide by cleanup.policy", "true"));
    BY_NAME.put("log.cleaner.backoff.ms", ignored("retention passes find what to compact"));
    BY_NAME.put("log.cleaner.io.buffer.size", ignored("compaction reads batch by batch"));
    BY_NAME.put("log.cleaner.io.buffer.load.factor", ignored("the map has its own way to fill"));
    BY_NAME.put("log.roll.jitter.ms", ignored("segments are sealed without jitter"));
    BY_NAME.put("log.roll.jitter.hours", ignored("segments are sealed without jitter"));
    BY_NAME.put(
        "log.flush.start.offset.checkpoint.interval.ms",
        ignored("log.flush.offset.checkpoint.interval.ms counts for both"));
    BY_NAME.put("log.initial.task.delay.ms", refused("it is an internal setting of Kafka's"));
    BY_NAME.put("log.dir.failure.timeout.ms", ignored("there is one log directory"));
    BY_NAME.put("cordoned.log.dirs", refused("there is one log directory"));
    for (String name :
        List.of(
            "fetch.purgatory.purge.interval.requests",
            "producer.purgatory.purge.interval.requests",
            "delete.records.purgatory.purge.interval.requests",
            "share.fetch.purgatory.purge.interval.requests")) {
      BY_NAME.put(name, ignored("requests that wait are dropped as soon as they are answered"));
    }

    String transactions = "transactions are not served yet";
    BY_PREFIX.put("transaction.", ignored(transactions));
    BY_PREFIX.put("transactional.", ignored(transactions));
    BY_PREFIX.put("add.partitions.to.txn.", ignored(transactions));
    BY_NAME.put("transaction.two.phase.commit.enable", onlyAs(transactions, "false"));
    String share = "share groups are not served yet";
    BY_PREFIX.put("group.share.", ignored(share));
    BY_PREFIX.put("share.coordinator.", ignored(share));

    String plugins = "plug-ins of Kafka's broker are not loaded";
    for (String name :
        List.of(
            "alter.config.policy.class.name",
            "create.topic.policy.class.name",
            "client.quota.callback.class")) {
      BY_NAME.put(name, refused(plugins));
    }
    BY_NAME.put("config.providers", refused("set secrets by the environment instead"));
    BY_PREFIX.put("config.providers.", refused("set secrets by the environment instead"));
    String metrics = "metrics are served in Prometheus' format at /metrics of the HTTP port";
    BY_NAME.put("metric.reporters", refused(metrics));
    BY_NAME.put("auto.include.jmx.reporter", ignored(metrics));
    BY_PREFIX.put("kafka.metrics.", refused(metrics));
    BY_PREFIX.put("metrics.", ignored(metrics));

    String internal = "it is an internal setting of Kafka's";
    for (String name :
        List.of(
            "unstable.api.versions.enable",
            "unstable.feature.versions.enable",
            "server.max.startup.time.ms",
            "group.consumer.regex.refresh.interval.ms",
            "producer.id.expiration.check.interval.ms")) {
      BY_NAME.put(name, refused(internal));
    }
    BY_PREFIX.put("internal.", refused(internal));

    retired();
  }

  /** What older Kafkas had and 4.0 dropped. */
  private static void retired() {
    BY_NAME.put("broker.id", refused("is retired: it is called node.id"));
    String zookeeper = "is retired: there is no ZooKeeper since Kafka 4.0";
    BY_PREFIX.put("zookeeper.", refused(zookeeper));
    BY_NAME.put("broker.id.generation.enable", refused(zookeeper));
    BY_NAME.put("reserved.broker.max.id", refused(zookeeper));
    BY_NAME.put("control.plane.listener.name", refused(zookeeper));
    BY_NAME.put("controlled.shutdown.max.retries", refused(zookeeper));
    BY_NAME.put("controlled.shutdown.retry.backoff.ms", refused(zookeeper));
    BY_NAME.put(
        "inter.broker.protocol.version",
        refused("is retired: the metadata.version feature took its place"));
    String format = "is retired: there is one record format since Kafka 4.0";
    BY_NAME.put("log.message.format.version", refused(format));
    BY_NAME.put("log.message.downconversion.enable", refused(format));
    BY_NAME.put(
        "log.message.timestamp.difference.max.ms",
        refused("is retired: use log.message.timestamp.before.max.ms and ...after.max.ms"));
    BY_NAME.put("host.name", refused("is retired: use listeners"));
    BY_NAME.put("port", refused("is retired: use listeners"));
    BY_NAME.put("advertised.host.name", refused("is retired: use advertised.listeners"));
    BY_NAME.put("advertised.port", refused("is retired: use advertised.listeners"));
    BY_NAME.put("quota.producer.default", refused("is retired: set client quotas instead"));
    BY_NAME.put("quota.consumer.default", refused("is retired: set client quotas instead"));
    BY_NAME.put(
        "group.coordinator.new.enable", refused("is retired: there is one group coordinator"));
    BY_NAME.put(
        "offsets.commit.required.acks", refused("is retired: commits wait for all replicas"));
  }

  private UnservedKeys() {}

  /** What becomes of a key; empty if Kafka has none of this name either. */
  public static Optional<Verdict> find(String key) {
    Verdict exact = BY_NAME.get(key);
    if (exact != null) return Optional.of(exact);
    return BY_PREFIX.entrySet().stream()
        .filter(entry -> key.startsWith(entry.getKey()))
        .findFirst()
        .map(Map.Entry::getValue);
  }

  /** The whole table for documents, prefixes with a star. */
  public static SortedMap<String, Verdict> all() {
    SortedMap<String, Verdict> all = new TreeMap<>(BY_NAME);
    BY_PREFIX.forEach((prefix, verdict) -> all.put(prefix + "*", verdict));
    return all;
  }

  private static Verdict refused(String reason) {
    return new Refused(reason);
  }

  private static Verdict ignored(String reason) {
    return new Ignored(reason);
  }

  private static Verdict onlyAs(String reason, String... values) {
    return new OnlyAs(List.of(values), reason);
  }
}
