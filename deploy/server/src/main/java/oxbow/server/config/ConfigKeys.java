package oxbow.server.config;

import static oxbow.server.config.ConfigKey.Section.COLD;
import static oxbow.server.config.ConfigKey.Section.GROUPS;
import static oxbow.server.config.ConfigKey.Section.HTTP;
import static oxbow.server.config.ConfigKey.Section.LOG;
import static oxbow.server.config.ConfigKey.Section.LOGGING;
import static oxbow.server.config.ConfigKey.Section.METADATA;
import static oxbow.server.config.ConfigKey.Section.NETWORK;
import static oxbow.server.config.ConfigKey.Section.NODE;
import static oxbow.server.config.ConfigKey.Section.PRODUCE_FETCH;
import static oxbow.server.config.ConfigKey.Section.QUOTAS;
import static oxbow.server.config.ConfigKey.Section.SCHEMAS;
import static oxbow.server.config.ConfigKey.Section.TOPIC;
import static oxbow.server.config.ConfigKey.Section.TOPICS;

import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every key there is. Names, defaults and rules are Apache Kafka's wherever Kafka has the setting;
 * where a default is another one, the key says why.
 */
public final class ConfigKeys {
  private static final int KIB = 1 << 10;
  private static final int MIB = 1 << 20;
  private static final int GIB = 1 << 30;
  private static final long DAY_MS = 86_400_000;

  private static final Map<String, ConfigKey<?>> ALL = new LinkedHashMap<>();

  // ---- node and directories

  public static final ConfigKey<Path> DATA_DIR =
      add(
          key(NODE, ConfigTypes.PATH, "data.dir")
              .value(Path.of("data"))
              .ours()
              .doc(
                  "The directory everything is kept in. It is made if it is absent, and used by one"
                      + " process at a time."));

  public static final ConfigKey<List<String>> PROCESS_ROLES =
      add(
          key(NODE, ConfigTypes.LIST, "process.roles")
              .value(List.of("broker", "controller"))
              .someOf("broker", "controller")
              .differs("Kafka has no default; one node is both here.")
              .doc("What this process is. One node is broker and controller at once."));

  public static final ConfigKey<Integer> NODE_ID =
      add(
          key(NODE, ConfigTypes.INT, "node.id")
              .value(1)
              .atLeast(0)
              .differs("Kafka has no default.")
              .doc(
                  "This node's number. It is written into the data directory at the first start and"
                      + " can't be changed afterwards."));

  public static final ConfigKey<String> BROKER_RACK =
      add(
          key(NODE, ConfigTypes.TEXT, "broker.rack")
              .otherwise("none")
              .notEmpty()
              .doc("The rack or zone this node stands in, as clients and placement see it."));

  public static final ConfigKey<List<String>> LOG_DIRS =
      add(
          key(NODE, ConfigTypes.LIST, "log.dirs")
              .otherwise("`log` in `data.dir`")
              .notEmpty()
              .differs("Kafka takes several directories; here it is one.")
              .doc("The directory partitions lie in. `log.dir` is another name for it."));

  public static final ConfigKey<List<String>> LOG_DIR =
      add(
          key(NODE, ConfigTypes.LIST, "log.dir")
              .otherwise("`log` in `data.dir`")
              .notEmpty()
              .doc("Another name for `log.dirs`, which counts if both are given."));

  public static final ConfigKey<Path> METADATA_LOG_DIR =
      add(
          key(NODE, ConfigTypes.PATH, "metadata.log.dir")
              .otherwise("`metadata` in `data.dir`")
              .differs("Kafka puts it into the first of `log.dirs`.")
              .doc("The directory of the cluster's metadata log."));

  public static final ConfigKey<Integer> BACKGROUND_THREADS =
      add(
          key(NODE, ConfigTypes.INT, "background.threads")
              .otherwise("one per processor, at least 2")
              .between(1, 256)
              .differs("Kafka has 10, and threads of their own for recovery and compaction.")
              .doc("Threads that recover, expire, compact and fsync logs."));

  // ---- listeners and connections

  public static final ConfigKey<List<Listener>> LISTENERS =
      add(
          key(NETWORK, ConfigTypes.LISTENERS, "listeners")
              .value(List.of(new Listener("PLAINTEXT", "localhost", 9092)))
              .notEmpty()
              .differs("Kafka's default is every interface; nobody is authenticated here yet.")
              .doc(
                  "Where Kafka clients connect: names with addresses, `NAME://host:port`. Without a"
                      + " host it is every interface, with port 0 any free port. `--port` is short"
                      + " for one plain listener."));

  public static final ConfigKey<List<Listener>> ADVERTISED_LISTENERS =
      add(
          key(NETWORK, ConfigTypes.LISTENERS, "advertised.listeners")
              .otherwise("as `listeners`, with this machine's name where they have no host")
              .notEmpty()
              .doc(
                  "The addresses clients are told to use, when they differ from `listeners`: behind"
                      + " a port mapping, a load balancer, in a container."));

  public static final ConfigKey<Map<String, String>> LISTENER_PROTOCOLS =
      add(
          key(NETWORK, ConfigTypes.MAP, "listener.security.protocol.map")
              .value(Map.of("PLAINTEXT", "PLAINTEXT"))
              .differs("Kafka's default names TLS and SASL too, which are not served yet.")
              .doc(
                  "The security protocol behind each listener's name. It is PLAINTEXT for all by now."));

  public static final ConfigKey<List<String>> CONTROLLER_LISTENERS =
      add(
          key(NETWORK, ConfigTypes.LIST, "controller.listener.names")
              .value(List.of())
              .differs("Kafka has no default, and opens them.")
              .doc(
                  "Listeners that a configuration of Kafka's keeps for its controllers. They are"
                      + " not opened: the controller runs inside this process."));

  public static final ConfigKey<Integer> NETWORK_THREADS =
      add(
          key(NETWORK, ConfigTypes.INT, "num.network.threads")
              .otherwise("one per processor, at least 2")
              .between(1, 1024)
              .differs("Kafka has 3.")
              .doc(
                  "Threads that read requests, serve them and write answers. None of them ever"
                      + " waits, so there is no use in more than there are processors."));

  public static final ConfigKey<Integer> SOCKET_SEND_BUFFER =
      add(
          key(NETWORK, ConfigTypes.INT, "socket.send.buffer.bytes")
              .value(-1)
              .atLeastOr(1, -1)
              .differs("Kafka has 100 KiB, which keeps the kernel from growing it for fast links.")
              .doc("Send buffer of each connection; -1: the operating system decides."));

  public static final ConfigKey<Integer> SOCKET_RECEIVE_BUFFER =
      add(
          key(NETWORK, ConfigTypes.INT, "socket.receive.buffer.bytes")
              .value(-1)
              .atLeastOr(1, -1)
              .differs("Kafka has 100 KiB, which keeps the kernel from growing it for fast links.")
              .doc("Receive buffer of each connection; -1: the operating system decides."));

  public static final ConfigKey<Integer> SOCKET_BACKLOG =
      add(
          key(NETWORK, ConfigTypes.INT, "socket.listen.backlog.size")
              .value(50)
              .atLeast(1)
              .doc("Connections that may wait to be accepted."));

  public static final ConfigKey<Integer> REQUEST_BYTES_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "socket.request.max.bytes")
              .value(100 * MIB)
              .atLeast(1024)
              .doc("Largest request. A connection that announces a larger one is closed."));

  public static final ConfigKey<Long> QUEUED_REQUEST_BYTES =
      add(
          key(NETWORK, ConfigTypes.LONG, "queued.max.request.bytes")
              .otherwise("a quarter of the heap, between 32 and 256 MiB")
              .atLeastOr(MIB, -1)
              .differs("Kafka has no bound.")
              .doc(
                  "Memory of all requests that are not answered yet. While it is used up, nothing"
                      + " more is read from sockets; -1: the default."));

  public static final ConfigKey<Integer> QUEUED_REQUESTS =
      add(
          key(NETWORK, ConfigTypes.INT, "queued.max.requests")
              .value(500)
              .between(1, 1_000_000)
              .doc(
                  "Requests that are not answered yet; while there are so many, no more is read."));

  public static final ConfigKey<Integer> DECODED_REQUEST_BYTES_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "request.decoded.max.bytes")
              .otherwise("a 16th of the heap, between 16 and 256 MiB")
              .atLeast(MIB)
              .ours()
              .doc(
                  "What one decoded request may weigh on the heap, its records aside. It refuses"
                      + " small frames that unfold into huge lists."));

  public static final ConfigKey<Integer> IN_FLIGHT_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "connection.max.in.flight.requests")
              .value(32)
              .between(1, 10_000)
              .ours()
              .doc("Unanswered requests of one connection, at which it is not read any further."));

  public static final ConfigKey<Long> FRAME_TIMEOUT_MS =
      add(
          key(NETWORK, ConfigTypes.LONG, "socket.request.timeout.ms")
              .value(30_000L)
              .atLeast(1)
              .ours()
              .doc(
                  "Time in which a request that was begun must arrive, and a second more for each"
                      + " MiB of it."));

  public static final ConfigKey<Long> WRITE_TIMEOUT_MS =
      add(
          key(NETWORK, ConfigTypes.LONG, "socket.write.timeout.ms")
              .value(60_000L)
              .atLeast(1)
              .ours()
              .doc(
                  "Time without any progress of an answer, after which its connection is closed."));

  public static final ConfigKey<Integer> CONNECTIONS_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "max.connections")
              .value(Integer.MAX_VALUE)
              .atLeast(1)
              .doc("Connections at a time. At so many, no more is accepted."));

  public static final ConfigKey<Integer> CONNECTIONS_PER_ADDRESS_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "max.connections.per.ip")
              .value(Integer.MAX_VALUE)
              .atLeast(0)
              .doc("Connections at a time from one address. One more is closed at once."));

  public static final ConfigKey<Map<String, String>> CONNECTIONS_PER_ADDRESS_OVERRIDES =
      add(
          key(NETWORK, ConfigTypes.MAP, "max.connections.per.ip.overrides")
              .value(Map.of())
              .doc(
                  "Other limits for some addresses or host names, as in"
                      + " `10.0.0.7:100,localhost:500`."));

  public static final ConfigKey<Integer> CONNECTION_RATE_MAX =
      add(
          key(NETWORK, ConfigTypes.INT, "max.connection.creation.rate")
              .value(Integer.MAX_VALUE)
              .atLeast(1)
              .doc("New connections per second. More of them wait to be accepted."));

  public static final ConfigKey<Long> CONNECTION_IDLE_MS =
      add(
          key(NETWORK, ConfigTypes.LONG, "connections.max.idle.ms")
              .value(600_000L)
              .atLeast(1000)
              .doc("Connections on which nothing happened for so long are closed."));

  // ---- log on this node

  public static final ConfigKey<Long> RETENTION_CHECK_MS =
      add(
          key(LOG, ConfigTypes.LONG, "log.retention.check.interval.ms")
              .value(300_000L)
              .atLeast(1)
              .doc("Time between two looks for segments past their retention."));

  public static final ConfigKey<Integer> CHECKPOINT_MS =
      add(
          key(LOG, ConfigTypes.INT, "log.flush.offset.checkpoint.interval.ms")
              .value(60_000)
              .atLeast(100)
              .doc(
                  "Time between two notes of how far each log is fsynced. Recovery after a crash"
                      + " reads from there on."));

  public static final ConfigKey<Long> FLUSH_CHECK_MS =
      add(
          key(LOG, ConfigTypes.LONG, "log.flush.scheduler.interval.ms")
              .value(3_000L)
              .atLeast(1)
              .differs("Kafka never looks unless `log.flush.interval.ms` is set for all topics.")
              .doc("Time between two looks for logs whose fsync is due by `flush.ms`."));

  public static final ConfigKey<Long> CLEANER_BUFFER_BYTES =
      add(
          key(LOG, ConfigTypes.LONG, "log.cleaner.dedupe.buffer.size")
              .value(32L * MIB)
              .between(MIB, GIB)
              .differs("Kafka has 128 MiB.")
              .doc(
                  "Memory of compaction's map from keys to offsets, taken while a log is"
                      + " compacted, and again while cold files are. More of it compacts more records"
                      + " in one pass."));

  public static final ConfigKey<Double> CLEANER_BYTES_PER_SECOND =
      add(
          key(LOG, ConfigTypes.DOUBLE, "log.cleaner.io.max.bytes.per.second")
              .value(Double.MAX_VALUE)
              .betweenReal(1024, Double.MAX_VALUE)
              .doc("Bytes per second that compaction reads and writes at most."));

  public static final ConfigKey<Integer> PRODUCER_EXPIRATION_MS =
      add(
          key(LOG, ConfigTypes.INT, "producer.id.expiration.ms")
              .value((int) DAY_MS)
              .atLeast(1)
              .doc(
                  "How long a partition remembers an idempotent producer that sends nothing, to"
                      + " recognise its duplicates."));

  public static final ConfigKey<Long> DISK_RESERVE_BYTES =
      add(
          key(LOG, ConfigTypes.LONG, "log.disk.reserve.bytes")
              .value(64L * MIB)
              .atLeast(0)
              .ours()
              .doc(
                  "Free disk space below which clients append nothing, so that indexes and checkpoints"
                      + " still fit; groups and transactions may use half of it. Reads go on, and"
                      + " writes too once there is room."));

  // ---- topic defaults

  public static final ConfigKey<Integer> SEGMENT_BYTES =
      add(
          topic(ConfigTypes.INT, "log.segment.bytes")
              .value(GIB)
              .atLeast(MIB)
              .doc("Size at which a log's active segment is sealed."));

  public static final ConfigKey<Long> ROLL_MS =
      add(
          topic(ConfigTypes.LONG, "log.roll.ms")
              .otherwise("`log.roll.hours`")
              .atLeast(1)
              .doc("Age at which the active segment is sealed."));

  public static final ConfigKey<Integer> ROLL_HOURS =
      add(
          topic(ConfigTypes.INT, "log.roll.hours")
              .value(168)
              .atLeast(1)
              .doc("The same in hours, if `log.roll.ms` is not given."));

  public static final ConfigKey<Long> RETENTION_MS =
      add(
          topic(ConfigTypes.LONG, "log.retention.ms")
              .otherwise("`log.retention.minutes`")
              .atLeastOr(1, -1)
              .doc("Age past which records are expired; -1: they are kept."));

  public static final ConfigKey<Integer> RETENTION_MINUTES =
      add(
          topic(ConfigTypes.INT, "log.retention.minutes")
              .otherwise("`log.retention.hours`")
              .atLeastOr(1, -1)
              .doc("The same in minutes, if `log.retention.ms` is not given."));

  public static final ConfigKey<Integer> RETENTION_HOURS =
      add(
          topic(ConfigTypes.INT, "log.retention.hours")
              .value(168)
              .atLeastOr(1, -1)
              .doc("The same in hours, if neither is given."));

  public static final ConfigKey<Long> RETENTION_BYTES =
      add(
          topic(ConfigTypes.LONG, "log.retention.bytes")
              .value(-1L)
              .atLeast(-1)
              .doc("Size of a partition past which its oldest segments are expired; -1: none."));

  public static final ConfigKey<Integer> INDEX_INTERVAL_BYTES =
      add(
          topic(ConfigTypes.INT, "log.index.interval.bytes")
              .value(4096)
              .atLeast(0)
              .doc("Bytes of log per index entry."));

  public static final ConfigKey<Integer> INDEX_BYTES_MAX =
      add(
          topic(ConfigTypes.INT, "log.index.size.max.bytes")
              .value(10 * MIB)
              .atLeast(4)
              .doc("Largest index of a segment; a full one seals the segment."));

  public static final ConfigKey<Long> FLUSH_MESSAGES =
      add(
          topic(ConfigTypes.LONG, "log.flush.interval.messages")
              .value(Long.MAX_VALUE)
              .atLeast(1)
              .doc(
                  "Records after which a log is fsynced. With 1, every acknowledgement waits for an"
                      + " fsync, which many partitions share."));

  public static final ConfigKey<Long> FLUSH_MS =
      add(
          topic(ConfigTypes.LONG, "log.flush.interval.ms")
              .otherwise("none")
              .atLeast(1)
              .doc("Longest time from an append to its fsync."));

  public static final ConfigKey<List<String>> CLEANUP_POLICY =
      add(
          topic(ConfigTypes.LIST, "log.cleanup.policy")
              .value(List.of("delete"))
              .someOf("delete", "compact")
              .doc(
                  "What becomes of old records: expired (delete), reduced to the last one of each"
                      + " key (compact), or both."));

  public static final ConfigKey<Long> DELETE_RETENTION_MS =
      add(
          topic(ConfigTypes.LONG, "log.cleaner.delete.retention.ms")
              .value(DAY_MS)
              .atLeast(0)
              .doc("How long a compacted log keeps the marks of deleted keys."));

  public static final ConfigKey<Long> COMPACTION_LAG_MIN_MS =
      add(
          topic(ConfigTypes.LONG, "log.cleaner.min.compaction.lag.ms")
              .value(0L)
              .atLeast(0)
              .doc("Records younger than this are not compacted."));

  public static final ConfigKey<Long> COMPACTION_LAG_MAX_MS =
      add(
          topic(ConfigTypes.LONG, "log.cleaner.max.compaction.lag.ms")
              .value(Long.MAX_VALUE)
              .atLeast(1)
              .doc("Records older than this are compacted soon, however few they are."));

  public static final ConfigKey<Double> DIRTY_RATIO_MIN =
      add(
          topic(ConfigTypes.DOUBLE, "log.cleaner.min.cleanable.ratio")
              .value(0.5)
              .betweenReal(0, 1)
              .doc("Share of a log that is not compacted yet, from which on it is."));

  public static final ConfigKey<Long> FILE_DELETE_DELAY_MS =
      add(
          topic(ConfigTypes.LONG, "log.segment.delete.delay.ms")
              .value(60_000L)
              .atLeast(0)
              .doc("How long a deleted segment's file stays on disk."));

  public static final ConfigKey<Integer> BATCH_BYTES_MAX =
      add(
          topic(ConfigTypes.INT, "message.max.bytes")
              .value(MIB + 12)
              .atLeast(0)
              .doc("Largest batch a producer may send, as compressed."));

  public static final ConfigKey<String> TIMESTAMP_TYPE =
      add(
          topic(ConfigTypes.TEXT, "log.message.timestamp.type")
              .value("CreateTime")
              .oneOf("CreateTime", "LogAppendTime")
              .doc("Whose clock stamps the records: the producer's or the broker's."));

  public static final ConfigKey<Long> TIMESTAMP_BEFORE_MAX_MS =
      add(
          topic(ConfigTypes.LONG, "log.message.timestamp.before.max.ms")
              .value(Long.MAX_VALUE)
              .atLeast(0)
              .doc("How far a record's time may lie behind the broker's clock."));

  public static final ConfigKey<Long> TIMESTAMP_AFTER_MAX_MS =
      add(
          topic(ConfigTypes.LONG, "log.message.timestamp.after.max.ms")
              .value(3_600_000L)
              .atLeast(0)
              .doc("How far it may lie before it."));

  public static final ConfigKey<String> COMPRESSION_TYPE =
      add(
          topic(ConfigTypes.TEXT, "compression.type")
              .value("producer")
              .oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")
              .doc("The codec batches are stored with; `producer`: as they were sent."));

  public static final ConfigKey<Integer> GZIP_LEVEL =
      add(
          topic(ConfigTypes.INT, "compression.gzip.level")
              .value(-1)
              .betweenOr(1, 9, -1)
              .doc("Level of gzip, where batches are compressed here; -1: gzip's default."));

  public static final ConfigKey<Integer> LZ4_LEVEL =
      add(
          topic(ConfigTypes.INT, "compression.lz4.level")
              .value(9)
              .between(1, 17)
              .doc("Level of lz4, where batches are compressed here."));

  public static final ConfigKey<Integer> ZSTD_LEVEL =
      add(
          topic(ConfigTypes.INT, "compression.zstd.level")
              .value(3)
              .between(-131_072, 22)
              .doc("Level of zstd, where batches are compressed here."));

  public static final ConfigKey<Boolean> PREALLOCATE =
      add(
          topic(ConfigTypes.BOOLEAN, "log.preallocate")
              .value(false)
              .doc(
                  "Taken and without effect. Kafka gives a new segment's file its full length, which"
                      + " reserves no space on Linux and leaves zeroes to be cut off after a crash;"
                      + " here files grow with their records, and `log.disk.reserve.bytes` keeps"
                      + " room."));

  public static final ConfigKey<Integer> IN_SYNC_MIN =
      add(
          topic(ConfigTypes.INT, "min.insync.replicas")
              .value(1)
              .atLeast(1)
              .doc("Replicas that must hold a record before `acks=all` acknowledges it."));

  public static final ConfigKey<Boolean> UNCLEAN_ELECTION =
      add(
          topic(ConfigTypes.BOOLEAN, "unclean.leader.election.enable")
              .value(false)
              .doc("Let a replica lead that may lack acknowledged records."));

  // ---- topics

  public static final ConfigKey<Boolean> AUTO_CREATE =
      add(
          key(TOPICS, ConfigTypes.BOOLEAN, "auto.create.topics.enable")
              .value(true)
              .doc("Create a topic that a client asks for and that is not there."));

  public static final ConfigKey<Integer> PARTITIONS =
      add(
          key(TOPICS, ConfigTypes.INT, "num.partitions")
              .value(1)
              .between(1, 100_000)
              .doc("Partitions of a topic whose creator names no number."));

  public static final ConfigKey<Integer> REPLICATION_FACTOR =
      add(
          key(TOPICS, ConfigTypes.INT, "default.replication.factor")
              .value(1)
              .between(1, Short.MAX_VALUE)
              .doc("Replicas of a topic whose creator names no number."));

  public static final ConfigKey<Boolean> DELETE_TOPICS =
      add(
          key(TOPICS, ConfigTypes.BOOLEAN, "delete.topic.enable")
              .value(true)
              .doc("Let admin tools delete topics."));

  // ---- produce and fetch

  public static final ConfigKey<Integer> FETCH_BYTES_MAX =
      add(
          key(PRODUCE_FETCH, ConfigTypes.INT, "fetch.max.bytes")
              .value(55 * MIB)
              .atLeast(1024)
              .doc("Most bytes of one fetch, whatever the consumer asks for."));

  public static final ConfigKey<Integer> FETCH_SESSIONS_MAX =
      add(
          key(PRODUCE_FETCH, ConfigTypes.INT, "max.incremental.fetch.session.cache.slots")
              .value(1000)
              .atLeast(0)
              .doc(
                  "Consumers whose list of partitions is remembered between fetches. The others"
                      + " send theirs each time."));

  public static final ConfigKey<Long> FETCH_SESSION_EVICTION_MS =
      add(
          key(PRODUCE_FETCH, ConfigTypes.LONG, "fetch.session.eviction.ms")
              .value(120_000L)
              .atLeast(0)
              .ours()
              .doc(
                  "Time for which such a list must be unused, or old, before another displaces it."));

  public static final ConfigKey<Long> FETCH_WARM_BYTES =
      add(
          key(PRODUCE_FETCH, ConfigTypes.LONG, "fetch.warm.bytes")
              .value(32L * MIB)
              .atLeast(0)
              .ours()
              .doc(
                  "Records so near to a log's end are taken to be in the page cache and are sent"
                      + " without a detour over a thread that may wait."));

  public static final ConfigKey<Long> SLOW_APPEND_MS =
      add(
          key(PRODUCE_FETCH, ConfigTypes.LONG, "produce.slow.append.ms")
              .value(20L)
              .atLeast(1)
              .ours()
              .doc(
                  "Two appends in a row that take longer mark their log as slow: its next ones go to"
                      + " threads that may wait for the disk."));

  public static final ConfigKey<Long> SLOW_HANDOVER_MS =
      add(
          key(PRODUCE_FETCH, ConfigTypes.LONG, "produce.slow.handover.ms")
              .value(1_000L)
              .atLeast(0)
              .ours()
              .doc("How long they do, before the direct way is tried again."));

  public static final ConfigKey<Integer> DESCRIBED_PARTITIONS_MAX =
      add(
          key(PRODUCE_FETCH, ConfigTypes.INT, "max.request.partition.size.limit")
              .value(2000)
              .atLeast(1)
              .doc("Most partitions in one answer of DescribeTopicPartitions."));

  // ---- groups

  public static final ConfigKey<List<String>> GROUP_PROTOCOLS =
      add(
          key(GROUPS, ConfigTypes.LIST, "group.coordinator.rebalance.protocols")
              .value(List.of("classic", "consumer", "streams"))
              .someOf("classic", "consumer", "streams")
              .doc("Kinds of groups that are served."));

  public static final ConfigKey<Integer> GROUP_THREADS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.coordinator.threads")
              .value(1)
              .between(1, 64)
              .differs("Kafka has 4; one serves over 100,000 commits per second.")
              .doc("Threads of the group coordinator."));

  public static final ConfigKey<Integer> GROUP_BACKGROUND_THREADS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.coordinator.background.threads")
              .value(1)
              .between(1, 64)
              .differs("Kafka has 2.")
              .doc("Threads on which the group coordinator works out assignments."));

  public static final ConfigKey<Integer> GROUP_APPEND_LINGER_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.coordinator.append.linger.ms")
              .value(-1)
              .atLeast(-1)
              .doc("How long commits wait for others to be written with; -1: as load demands."));

  public static final ConfigKey<Integer> GROUP_BUFFER_BYTES =
      add(
          key(GROUPS, ConfigTypes.INT, "group.coordinator.cached.buffer.max.bytes")
              .value(MIB + 12)
              .atLeast(512 * KIB)
              .online()
              .doc("Largest write buffer that the coordinator keeps for the next write."));

  public static final ConfigKey<Integer> GROUP_INITIAL_DELAY_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.initial.rebalance.delay.ms")
              .value(3000)
              .atLeast(0)
              .doc("How long a new classic group waits for members before its first rebalance."));

  public static final ConfigKey<Integer> GROUP_SESSION_MIN_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.min.session.timeout.ms")
              .value(6000)
              .atLeast(0)
              .doc("Shortest session a member of a classic group may ask for."));

  public static final ConfigKey<Integer> GROUP_SESSION_MAX_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.max.session.timeout.ms")
              .value(1_800_000)
              .atLeast(0)
              .doc("Longest session a member of a classic group may ask for."));

  public static final ConfigKey<Integer> GROUP_MEMBERS_MAX =
      add(
          key(GROUPS, ConfigTypes.INT, "group.max.size")
              .value(Integer.MAX_VALUE)
              .atLeast(1)
              .doc("Most members of a classic group."));

  public static final ConfigKey<List<String>> CONSUMER_ASSIGNORS =
      add(
          key(GROUPS, ConfigTypes.LIST, "group.consumer.assignors")
              .value(List.of("uniform", "range"))
              .someOf("uniform", "range")
              .differs("Kafka also takes class names.")
              .doc("Ways to assign partitions in consumer groups; the first is the default."));

  public static final ConfigKey<String> CONSUMER_MIGRATION =
      add(
          key(GROUPS, ConfigTypes.TEXT, "group.consumer.migration.policy")
              .value("bidirectional")
              .oneOf("bidirectional", "upgrade", "downgrade", "disabled")
              .doc("Whether a group may move between the classic and the consumer protocol."));

  static {
    consumerLike("consumer", "consumer groups", 1000);
    consumerLike("streams", "streams groups", 1000);
  }

  public static final ConfigKey<Integer> STREAMS_INITIAL_DELAY_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "group.streams.initial.rebalance.delay.ms")
              .value(3000)
              .atLeast(0)
              .doc("How long a new streams group waits for members before its first rebalance."));

  public static final ConfigKey<Integer> STREAMS_STANDBY =
      add(
          key(GROUPS, ConfigTypes.INT, "group.streams.num.standby.replicas")
              .value(0)
              .atLeast(0)
              .doc("Standby copies of each task of a streams group."));

  public static final ConfigKey<Integer> STREAMS_STANDBY_MAX =
      add(
          key(GROUPS, ConfigTypes.INT, "group.streams.max.standby.replicas")
              .value(2)
              .atLeast(0)
              .doc("Most standby copies that a group's own setting may ask for."));

  public static final ConfigKey<Integer> OFFSET_METADATA_BYTES_MAX =
      add(
          key(GROUPS, ConfigTypes.INT, "offset.metadata.max.bytes")
              .value(4096)
              .atLeast(0)
              .doc("Largest text a consumer may store with a committed offset."));

  public static final ConfigKey<Integer> OFFSETS_COMMIT_TIMEOUT_MS =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.commit.timeout.ms")
              .value(5000)
              .atLeast(1)
              .doc("Longest time a commit waits for its record to be written and replicated."));

  public static final ConfigKey<Integer> OFFSETS_LOAD_BYTES =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.load.buffer.size")
              .value(5 * MIB)
              .atLeast(1)
              .doc("Bytes read at a time while groups are loaded at the start."));

  public static final ConfigKey<Integer> OFFSETS_RETENTION_MINUTES =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.retention.minutes")
              .value(10_080)
              .atLeast(1)
              .doc("How long committed offsets outlive their group's last member."));

  public static final ConfigKey<Long> OFFSETS_RETENTION_CHECK_MS =
      add(
          key(GROUPS, ConfigTypes.LONG, "offsets.retention.check.interval.ms")
              .value(600_000L)
              .atLeast(1)
              .doc("Time between two looks for offsets past their retention."));

  public static final ConfigKey<Integer> OFFSETS_PARTITIONS =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.topic.num.partitions")
              .value(50)
              .between(1, 10_000)
              .doc(
                  "Partitions of `__consumer_offsets`. It counts when the topic is created and"
                      + " can't be changed afterwards."));

  public static final ConfigKey<Integer> OFFSETS_REPLICATION =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.topic.replication.factor")
              .value(1)
              .between(1, Short.MAX_VALUE)
              .differs("Kafka has 3, which one node can't give.")
              .doc("Replicas of `__consumer_offsets`."));

  public static final ConfigKey<Integer> OFFSETS_SEGMENT_BYTES =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.topic.segment.bytes")
              .value(100 * MIB)
              .atLeast(MIB)
              .doc("Segment size of `__consumer_offsets`: small, so that it is compacted often."));

  public static final ConfigKey<Integer> OFFSETS_CODEC =
      add(
          key(GROUPS, ConfigTypes.INT, "offsets.topic.compression.codec")
              .value(0)
              .between(0, 4)
              .doc("Codec of `__consumer_offsets`: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."));

  // ---- metadata

  public static final ConfigKey<Long> METADATA_SNAPSHOT_BYTES =
      add(
          key(METADATA, ConfigTypes.LONG, "metadata.log.max.record.bytes.between.snapshots")
              .value(20L * MIB)
              .atLeast(1)
              .doc("Bytes of the metadata log after which a new snapshot is written."));

  public static final ConfigKey<Long> METADATA_SNAPSHOT_MS =
      add(
          key(METADATA, ConfigTypes.LONG, "metadata.log.max.snapshot.interval.ms")
              .value(3_600_000L)
              .atLeast(0)
              .doc("Time after which one is written; 0: only by size."));

  public static final ConfigKey<Integer> METADATA_SEGMENT_BYTES =
      add(
          key(METADATA, ConfigTypes.INT, "metadata.log.segment.bytes")
              .value(GIB)
              .atLeast(8 * MIB)
              .doc("Size of a segment of the metadata log."));

  public static final ConfigKey<Long> METADATA_SEGMENT_MS =
      add(
          key(METADATA, ConfigTypes.LONG, "metadata.log.segment.ms")
              .value(7 * DAY_MS)
              .atLeast(1)
              .doc("Age at which a segment of the metadata log is sealed."));

  public static final ConfigKey<Long> METADATA_RETENTION_BYTES =
      add(
          key(METADATA, ConfigTypes.LONG, "metadata.max.retention.bytes")
              .value(100L * MIB)
              .atLeast(-1)
              .doc("Size of metadata log and snapshots past which old ones are deleted."));

  public static final ConfigKey<Long> METADATA_RETENTION_MS =
      add(
          key(METADATA, ConfigTypes.LONG, "metadata.max.retention.ms")
              .value(7 * DAY_MS)
              .atLeast(-1)
              .doc("Age past which old ones are deleted."));

  public static final ConfigKey<Integer> METADATA_IDLE_MS =
      add(
          key(METADATA, ConfigTypes.INT, "metadata.max.idle.interval.ms")
              .value(0)
              .atLeast(0)
              .differs("Kafka has 500, to show other controllers that the log grows.")
              .doc("Time after which an idle controller writes a sign of life; 0: never."));

  public static final ConfigKey<Integer> BROKER_HEARTBEAT_MS =
      add(
          key(METADATA, ConfigTypes.INT, "broker.heartbeat.interval.ms")
              .value(2000)
              .atLeast(1)
              .doc("Time between two signs of life from broker to controller."));

  public static final ConfigKey<Integer> BROKER_SESSION_MS =
      add(
          key(METADATA, ConfigTypes.INT, "broker.session.timeout.ms")
              .value(9000)
              .atLeast(1)
              .doc("Silence after which the controller takes a broker for dead."));

  // ---- quotas and client metrics

  public static final ConfigKey<Integer> QUOTA_SAMPLES =
      add(
          key(QUOTAS, ConfigTypes.INT, "quota.window.num")
              .value(11)
              .between(1, 10_000)
              .doc("Samples that a client's rate is averaged over."));

  public static final ConfigKey<Integer> QUOTA_SAMPLE_SECONDS =
      add(
          key(QUOTAS, ConfigTypes.INT, "quota.window.size.seconds")
              .value(1)
              .between(1, 86_400)
              .doc("Length of a sample."));

  public static final ConfigKey<Integer> CONTROLLER_QUOTA_SAMPLES =
      add(
          key(QUOTAS, ConfigTypes.INT, "controller.quota.window.num")
              .value(11)
              .between(1, 10_000)
              .doc("Samples that a client's rate of changes of metadata is averaged over."));

  public static final ConfigKey<Integer> CONTROLLER_QUOTA_SAMPLE_SECONDS =
      add(
          key(QUOTAS, ConfigTypes.INT, "controller.quota.window.size.seconds")
              .value(1)
              .between(1, 86_400)
              .doc("Length of a sample of those."));

  public static final ConfigKey<Integer> TELEMETRY_BYTES_MAX =
      add(
          key(QUOTAS, ConfigTypes.INT, "telemetry.max.bytes")
              .value(MIB)
              .atLeast(1)
              .doc("Largest report of its own metrics that a client may send."));

  public static final ConfigKey<Integer> TELEMETRY_CLIENTS_MAX =
      add(
          key(QUOTAS, ConfigTypes.INT, "telemetry.clients.max")
              .value(16_384)
              .atLeast(1)
              .ours()
              .doc(
                  "Clients whose subscriptions are remembered. Beyond, those that were silent"
                      + " longest are forgotten and begin anew."));

  // ---- cold tier

  public static final ConfigKey<Boolean> COLD_ENABLE =
      add(
          key(COLD, ConfigTypes.BOOLEAN, "remote.log.storage.system.enable")
              .value(true)
              .differs("Kafka's default is false; a bucket of files is a part of this product.")
              .doc(
                  "Topics may have a cold tier: their old records become files in a bucket that are"
                      + " the topic's Iceberg table, and are served from there."));

  public static final ConfigKey<Boolean> COLD_BY_DEFAULT =
      add(
          key(COLD, ConfigTypes.BOOLEAN, "cold.topics.default")
              .value(true)
              .ours()
              .doc(
                  "Topics have a cold tier unless they say `remote.storage.enable=false`. If this is"
                      + " false, they have none unless they say `true`."));

  public static final ConfigKey<BucketUrl> COLD_BUCKET =
      add(
          key(COLD, ConfigTypes.BUCKET, "cold.bucket")
              .otherwise("`bucket` in `data.dir`")
              .ours()
              .doc(
                  "Where tables and their files lie: a directory (a path or `file:///path`), or"
                      + " `s3://bucket/prefix` of Amazon's S3 or another server that speaks as it"
                      + " does. The server starts and serves what is on its disk whether the"
                      + " bucket answers or not; `oxbow cold check` tries it out."));

  public static final ConfigKey<URI> S3_ENDPOINT =
      add(
          key(COLD, ConfigTypes.URL, "cold.s3.endpoint")
              .otherwise("Amazon's")
              .ours()
              .doc("Address of another server than Amazon's: `https://host:port`."));

  public static final ConfigKey<String> S3_REGION =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.s3.region")
              .otherwise(
                  "`us-east-1` with `cold.s3.endpoint`, else what the AWS SDK finds: `AWS_REGION`,"
                      + " the profile's, the instance's")
              .notEmpty()
              .ours()
              .doc("The region that the bucket lies in."));

  public static final ConfigKey<Boolean> S3_PATH_STYLE =
      add(
          key(COLD, ConfigTypes.BOOLEAN, "cold.s3.path.style")
              .otherwise("true with `cold.s3.endpoint`, else false")
              .ours()
              .doc(
                  "Write the bucket into the path of a request, not before the host's name: what"
                      + " most servers other than Amazon's want."));

  public static final ConfigKey<String> S3_ACCESS_KEY =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.s3.access.key")
              .otherwise(
                  "what the AWS SDK finds: environment, web identity, profile, container, instance")
              .notEmpty()
              .ours()
              .doc("Who asks, together with `cold.s3.secret.key`."));

  public static final ConfigKey<Secret> S3_SECRET_KEY =
      add(
          key(COLD, ConfigTypes.SECRET, "cold.s3.secret.key")
              .otherwise("none")
              .ours()
              .doc("The secret of `cold.s3.access.key`."));

  public static final ConfigKey<Secret> S3_SESSION_TOKEN =
      add(
          key(COLD, ConfigTypes.SECRET, "cold.s3.session.token")
              .otherwise("none")
              .ours()
              .doc("The token of keys that expire."));

  public static final ConfigKey<Path> S3_ACCESS_KEY_FILE =
      add(
          key(COLD, ConfigTypes.PATH, "cold.s3.access.key.file")
              .otherwise("none")
              .ours()
              .doc(
                  "A file with nothing but the access key. It and the two below are read again"
                      + " every 10 s, so that keys may be replaced while the server runs."));

  public static final ConfigKey<Path> S3_SECRET_KEY_FILE =
      add(
          key(COLD, ConfigTypes.PATH, "cold.s3.secret.key.file")
              .otherwise("none")
              .ours()
              .doc("A file with nothing but the secret key."));

  public static final ConfigKey<Path> S3_SESSION_TOKEN_FILE =
      add(
          key(COLD, ConfigTypes.PATH, "cold.s3.session.token.file")
              .otherwise("none")
              .ours()
              .doc("A file with nothing but the session token."));

  public static final ConfigKey<String> S3_PROFILE =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.s3.profile")
              .otherwise("`AWS_PROFILE`, or `default`")
              .notEmpty()
              .ours()
              .doc("The profile of the AWS SDK's files that names credentials."));

  public static final ConfigKey<String> S3_ENCRYPTION =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.s3.encryption")
              .value("bucket")
              .oneOf("bucket", "AES256", "aws:kms")
              .ours()
              .doc(
                  "How objects are encrypted at rest: as the bucket is set up, with keys that S3"
                      + " keeps (`AES256`), or with one of the key management service"
                      + " (`aws:kms`)."));

  public static final ConfigKey<String> S3_KMS_KEY =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.s3.kms.key.id")
              .otherwise("the account's own")
              .notEmpty()
              .ours()
              .doc("The key of `cold.s3.encryption=aws:kms`."));

  public static final ConfigKey<Boolean> S3_CHECKSUMS =
      add(
          key(COLD, ConfigTypes.BOOLEAN, "cold.s3.checksums")
              .value(true)
              .ours()
              .doc(
                  "Send a checksum (CRC-32C) along that the server compares; some older servers"
                      + " refuse it. What comes back is compared either way."));

  public static final ConfigKey<Integer> S3_PART_BYTES =
      add(
          key(COLD, ConfigTypes.INT, "cold.s3.part.bytes")
              .value(16 * MIB)
              .between(5 * MIB, 512 * MIB)
              .ours()
              .doc("Files that are larger are uploaded in parts of this size, four at a time."));

  public static final ConfigKey<Integer> S3_REQUESTS_MAX =
      add(
          key(COLD, ConfigTypes.INT, "cold.s3.requests.max")
              .value(64)
              .between(2, 1024)
              .ours()
              .doc(
                  "Requests under way at a time; fewer while the store says it is overwhelmed, more"
                      + " again as it bears them."));

  public static final ConfigKey<Long> S3_CONNECT_TIMEOUT_MS =
      add(
          key(COLD, ConfigTypes.LONG, "cold.s3.connect.timeout.ms")
              .value(5_000L)
              .between(100, 120_000)
              .ours()
              .doc("How long a connection may take to open."));

  public static final ConfigKey<Long> S3_REQUEST_TIMEOUT_MS =
      add(
          key(COLD, ConfigTypes.LONG, "cold.s3.request.timeout.ms")
              .value(60_000L)
              .between(500, 600_000)
              .ours()
              .doc(
                  "How long a request with its body and answer may take; then it is tried again,"
                      + " six times in all."));

  public static final ConfigKey<Double> S3_WRITE_PRICE =
      add(
          key(COLD, ConfigTypes.DOUBLE, "cold.s3.price.thousand.writes")
              .value(0.005)
              .betweenReal(0, 1000)
              .ours()
              .doc(
                  "What 1000 requests cost that write or list, for the metric"
                      + " `oxbow_cold_store_cost_total`; in any currency."));

  public static final ConfigKey<Double> S3_READ_PRICE =
      add(
          key(COLD, ConfigTypes.DOUBLE, "cold.s3.price.thousand.reads")
              .value(0.0004)
              .betweenReal(0, 1000)
              .ours()
              .doc("What 1000 requests cost that read."));

  public static final ConfigKey<Long> COLD_CATCH_UP_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "cold.catchup.bytes.per.second")
              .value(64L * MIB)
              .between(MIB, 1024L * GIB)
              .ours()
              .doc(
                  "Bytes of log per second that topics take to the bucket together while they are"
                      + " far behind: after an outage, or when a topic gets its cold tier late. More"
                      + " if records come in faster: half above what does."));

  public static final ConfigKey<Long> COLD_UPLOAD_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "cold.upload.max.bytes.per.second")
              .value(0L)
              .betweenOr(64 * 1024, 1024L * GIB, 0)
              .ours()
              .doc("Bandwidth to the bucket, all work together; 0: without bound."));

  public static final ConfigKey<Long> COLD_DOWNLOAD_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "cold.download.max.bytes.per.second")
              .value(0L)
              .betweenOr(64 * 1024, 1024L * GIB, 0)
              .ours()
              .doc("Bandwidth from the bucket, all work together; 0: without bound."));

  public static final ConfigKey<String> COLD_NAMESPACE =
      add(
          key(COLD, ConfigTypes.TEXT, "cold.tables.namespace")
              .value("topics")
              .notEmpty()
              .ours()
              .doc("The namespace that the topics' tables are in."));

  public static final ConfigKey<Long> COLD_LOCAL_RETENTION_MS =
      add(
          key(COLD, ConfigTypes.LONG, "log.local.retention.ms")
              .value(-2L)
              .atLeast(-2)
              .online()
              .doc(
                  "How old records get on local disk once the bucket has them; -2: as"
                      + " `log.retention.ms`, -1: they stay."));

  public static final ConfigKey<Long> COLD_LOCAL_RETENTION_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "log.local.retention.bytes")
              .value(-2L)
              .atLeast(-2)
              .online()
              .doc(
                  "How large a partition gets on local disk before what the bucket has is trimmed;"
                      + " -2: as `log.retention.bytes`, -1: without bound."));

  public static final ConfigKey<Integer> COLD_OFFLOAD_THREADS =
      add(
          key(COLD, ConfigTypes.INT, "cold.offload.threads")
              .otherwise("one for two processors, at least 1")
              .between(1, 64)
              .ours()
              .doc("Topics whose records are taken to the bucket at a time."));

  public static final ConfigKey<Integer> COLD_READS_MAX =
      add(
          key(COLD, ConfigTypes.INT, "cold.reads.parallel.max")
              .otherwise("two per processor, at least 4")
              .between(1, 1024)
              .ours()
              .doc(
                  "Reads of cold records that run at a time; some more wait, the rest are refused."));

  public static final ConfigKey<Long> COLD_CACHE_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "cold.reads.cache.bytes")
              .otherwise("an eighth of the heap")
              .between(MIB, 64L * GIB)
              .ours()
              .doc(
                  "Memory for cold records on their way to consumers, and for indexes of their files."));

  public static final ConfigKey<Long> COLD_UPKEEP_BYTES =
      add(
          key(COLD, ConfigTypes.LONG, "cold.upkeep.max.bytes.per.second")
              .value(32L * MIB)
              .between(MIB, 1024L * GIB)
              .ours()
              .doc(
                  "Pace at which cold files are merged, compacted and verified, and keys are"
                      + " erased."));

  public static final ConfigKey<Boolean> ICEBERG_WRITES =
      add(
          key(COLD, ConfigTypes.BOOLEAN, "iceberg.rest.writes.enable")
              .value(false)
              .ours()
              .doc(
                  "Clients of the Iceberg catalog, at `/iceberg` of the HTTP port, may make"
                      + " namespaces and tables of their own and write them. The topics' tables"
                      + " are read-only to them either way."));

  public static final ConfigKey<URI> ICEBERG_S3_ENDPOINT =
      add(
          key(COLD, ConfigTypes.URL, "iceberg.rest.s3.endpoint")
              .otherwise("`cold.s3.endpoint`")
              .ours()
              .doc(
                  "Where clients of the Iceberg catalog reach the S3 server, if it is another"
                      + " address than for this server."));

  public static final ConfigKey<String> ICEBERG_S3_ACCESS_KEY =
      add(
          key(COLD, ConfigTypes.TEXT, "iceberg.rest.s3.access.key")
              .otherwise("none: clients bring their own")
              .notEmpty()
              .ours()
              .doc(
                  "Given to every client of the Iceberg catalog, with its secret: keys of a user"
                      + " that may read the bucket and nothing else."));

  public static final ConfigKey<Secret> ICEBERG_S3_SECRET_KEY =
      add(
          key(COLD, ConfigTypes.SECRET, "iceberg.rest.s3.secret.key")
              .otherwise("none")
              .ours()
              .doc("The secret of `iceberg.rest.s3.access.key`."));

  // ---- HTTP port

  public static final ConfigKey<Boolean> HTTP_ENABLE =
      add(
          key(HTTP, ConfigTypes.BOOLEAN, "http.enable")
              .value(true)
              .ours()
              .doc("Serve HTTP: metrics, health, readiness and what is mounted beside them."));

  public static final ConfigKey<String> HTTP_HOST =
      add(
          key(HTTP, ConfigTypes.TEXT, "http.host")
              .value("localhost")
              .ours()
              .doc("Address of the HTTP port; empty: every interface."));

  public static final ConfigKey<Integer> HTTP_PORT =
      add(
          key(HTTP, ConfigTypes.INT, "http.port")
              .value(8080)
              .between(0, 65_535)
              .ours()
              .doc("Port of metrics, health and the HTTP interfaces; 0: any free one."));

  public static final ConfigKey<Integer> HTTP_CONNECTIONS_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "http.connections.max")
              .value(1000)
              .between(1, 1_000_000)
              .ours()
              .doc("HTTP connections at a time. One more is closed at once."));

  public static final ConfigKey<Integer> HTTP_HEADER_BYTES_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "http.headers.max.bytes")
              .value(8 * KIB)
              .between(1024, MIB)
              .ours()
              .doc("Largest headers of a request; also the longest first line."));

  public static final ConfigKey<Long> HTTP_BODY_BYTES_MAX =
      add(
          key(HTTP, ConfigTypes.LONG, "http.request.max.bytes")
              .value(10L * MIB)
              .between(0, GIB)
              .ours()
              .doc("Largest body of a request."));

  public static final ConfigKey<Long> HTTP_REQUEST_TIMEOUT_MS =
      add(
          key(HTTP, ConfigTypes.LONG, "http.request.timeout.ms")
              .value(10_000L)
              .atLeast(1)
              .ours()
              .doc("Longest time from a request's first byte to its answer."));

  public static final ConfigKey<Long> HTTP_IDLE_MS =
      add(
          key(HTTP, ConfigTypes.LONG, "http.idle.timeout.ms")
              .value(15_000L)
              .atLeast(1)
              .ours()
              .doc("HTTP connections on which nothing happened for so long are closed."));

  public static final ConfigKey<Integer> QUERY_REPLAYS_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "query.replays.max")
              .value(32)
              .between(1, 10_000)
              .ours()
              .doc(
                  "Replays over HTTP at a time, those that follow a topic among them. One more is"
                      + " refused with status 429. Each holds about one MiB and its largest batch."));

  public static final ConfigKey<Integer> QUERY_JOBS_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "query.jobs.max")
              .value(4)
              .between(1, 1_000)
              .ours()
              .doc(
                  "Replay jobs at a time: copies of a topic's range, and moves of a group. One more"
                      + " is refused with status 429. Each holds about two MiB. They are kept in"
                      + " `jobs` in `data.dir`, and go on after a restart."));

  public static final ConfigKey<Integer> SQL_PARALLEL_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "query.sql.parallel.max")
              .value(4)
              .between(1, 1000)
              .ours()
              .doc("SQL queries that run at a time; others wait for their turn."));

  public static final ConfigKey<Integer> SQL_QUEUED_MAX =
      add(
          key(HTTP, ConfigTypes.INT, "query.sql.queued.max")
              .value(64)
              .between(0, 10_000)
              .ours()
              .doc("SQL queries that wait; one more is refused with status 429."));

  public static final ConfigKey<Long> SQL_MEMORY_BYTES =
      add(
          key(HTTP, ConfigTypes.LONG, "query.sql.memory.bytes")
              .value(512L * MIB)
              .between(64L * MIB, 1024L * GIB)
              .ours()
              .doc(
                  "Memory outside of the heap for all SQL queries; each that runs has its share, and"
                      + " what needs more goes on on disk."));

  public static final ConfigKey<Long> SQL_SPILL_BYTES =
      add(
          key(HTTP, ConfigTypes.LONG, "query.sql.spill.bytes")
              .value(16L * GIB)
              .between(0, 1024L * GIB)
              .ours()
              .doc(
                  "Disk for all SQL queries, in `query` in `data.dir`; each has its share, and fails"
                      + " when it needs more."));

  public static final ConfigKey<Long> SQL_CACHE_BYTES =
      add(
          key(HTTP, ConfigTypes.LONG, "query.sql.cache.bytes")
              .otherwise("a sixteenth of the heap, at least 16 MiB")
              .between(MIB, 1024L * GIB)
              .ours()
              .doc(
                  "Heap for what SQL queries fetch of cold files in a bucket elsewhere: half of it"
                      + " keeps pages that may be wanted again, half is for those under way."));

  public static final ConfigKey<Integer> SQL_THREADS =
      add(
          key(HTTP, ConfigTypes.INT, "query.sql.threads")
              .otherwise("half as many as processors, at least 1")
              .between(1, 256)
              .ours()
              .doc("Threads of one SQL query."));

  public static final ConfigKey<Long> SQL_TIMEOUT_MS =
      add(
          key(HTTP, ConfigTypes.LONG, "query.sql.timeout.ms")
              .value(600_000L)
              .between(1, 86_400_000)
              .ours()
              .doc(
                  "A SQL query that takes longer is stopped, its waiting and a slow client's taking"
                      + " included."));

  public static final ConfigKey<Boolean> FLIGHT_ENABLE =
      add(
          key(HTTP, ConfigTypes.BOOLEAN, "flight.enable")
              .value(true)
              .ours()
              .doc(
                  "Serve Flight SQL, which JDBC, ODBC and ADBC drivers speak, at a port of its own."
                      + " Costs no memory until the first of them calls. Needs `http.enable`."));

  public static final ConfigKey<Integer> FLIGHT_PORT =
      add(
          key(HTTP, ConfigTypes.INT, "flight.port")
              .otherwise("8082; if `http.port` is 0, any free one")
              .between(0, 65_535)
              .ours()
              .doc(
                  "Port of Flight SQL, at `http.host`; 0: any free one. If it isn't set and the"
                      + " port is taken, the server starts without it and says so."));

  // ---- schema registry

  public static final ConfigKey<Boolean> REGISTRY_ENABLE =
      add(
          key(SCHEMAS, ConfigTypes.BOOLEAN, "schema.registry.enable")
              .value(true)
              .ours()
              .doc(
                  "Keep schemas, and serve them as Confluent's registry does: below `/registry` of"
                      + " the HTTP port, and at a port of its own."));

  public static final ConfigKey<List<Listener>> REGISTRY_LISTENERS =
      add(
          key(SCHEMAS, ConfigTypes.LISTENERS, "schema.registry.listeners")
              .otherwise(
                  "`http://localhost:8081`, with `http.host` and, if `http.port` is 0, any free"
                      + " port")
              .ours()
              .doc(
                  "Where the registry listens on its own, with its paths at the root:"
                      + " `http://host:port`; empty: only below `/registry` of the HTTP port. If it"
                      + " isn't set and the port is taken, the server starts without it and says"
                      + " so."));

  public static final ConfigKey<String> REGISTRY_TOPIC =
      add(
          key(SCHEMAS, ConfigTypes.TEXT, "schema.registry.topic")
              .value("_schemas")
              .notEmpty()
              .ours()
              .doc(
                  "The topic that schemas are kept in, in the format of Confluent's registry. It is"
                      + " made with the first schema; one copied from there is served as it is."));

  public static final ConfigKey<String> REGISTRY_LEVEL =
      add(
          key(SCHEMAS, ConfigTypes.TEXT, "schema.registry.compatibility.level")
              .value("backward")
              .oneOf(
                  "none",
                  "backward",
                  "backward_transitive",
                  "forward",
                  "forward_transitive",
                  "full",
                  "full_transitive")
              .ours()
              .doc("What a new version has to be compatible with where nobody has set another."));

  public static final ConfigKey<Long> REGISTRY_PARSED_BYTES =
      add(
          key(SCHEMAS, ConfigTypes.LONG, "schema.registry.parsed.max.bytes")
              .value(32L * MIB)
              .between(0, GIB)
              .ours()
              .doc("Memory that parsed schemas may take, as an estimate; texts lie beside it."));

  // ---- logging

  public static final ConfigKey<String> LOGGING_FORMAT =
      add(
          key(LOGGING, ConfigTypes.TEXT, "logging.format")
              .value("text")
              .oneOf("text", "json")
              .ours()
              .doc("Lines for people, or one JSON object per line."));

  public static final ConfigKey<String> LOGGING_LEVEL =
      add(
          key(LOGGING, ConfigTypes.TEXT, "logging.level")
              .value("info")
              .oneOf("trace", "debug", "info", "warn", "error", "off")
              .ours()
              .doc("What of our own code is written. Libraries log from warn on."));

  public static final ConfigKey<Map<String, String>> LOGGING_LEVELS =
      add(
          key(LOGGING, ConfigTypes.MAP, "logging.levels")
              .value(Map.of())
              .ours()
              .doc("Other levels for some loggers, as in `oxbow.broker.net:debug,io.netty:info`."));

  private ConfigKeys() {}

  /** Every key, in the order of the documents. */
  public static Collection<ConfigKey<?>> all() {
    return Collections.unmodifiableCollection(ALL.values());
  }

  public static Optional<ConfigKey<?>> find(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  private static <T> ConfigKey<T> add(ConfigKey<T> key) {
    if (ALL.putIfAbsent(key.name(), key) != null) {
      throw new IllegalStateException(key + " is declared twice");
    }
    return key;
  }

  private static <T> ConfigKey.Builder<T> key(
      ConfigKey.Section section, ConfigType<T> type, String name) {
    return new ConfigKey.Builder<>(section, type, name);
  }

  /** A default that topics may override, and that admin tools may change for all of them. */
  private static <T> ConfigKey.Builder<T> topic(ConfigType<T> type, String name) {
    ConfigKey.Builder<T> builder = key(TOPIC, type, name);
    boolean isCoarse = name.endsWith(".hours") || name.endsWith(".minutes");
    return isCoarse ? builder : builder.online();
  }

  /** The keys that consumer groups and streams groups both have. */
  private static void consumerLike(String kind, String groups, int assignmentMs) {
    String prefix = "group." + kind + ".";
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "session.timeout.ms")
            .value(45_000)
            .atLeast(1)
            .doc("Silence after which a member of " + groups + " is taken for dead."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "min.session.timeout.ms")
            .value(45_000)
            .atLeast(1)
            .doc("Shortest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "max.session.timeout.ms")
            .value(60_000)
            .atLeast(1)
            .doc("Longest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "heartbeat.interval.ms")
            .value(5_000)
            .atLeast(1)
            .doc("Time between two heartbeats that members of " + groups + " are told."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "min.heartbeat.interval.ms")
            .value(5_000)
            .atLeast(1)
            .doc("Shortest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "max.heartbeat.interval.ms")
            .value(15_000)
            .atLeast(1)
            .doc("Longest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "assignment.interval.ms")
            .value(assignmentMs)
            .atLeast(0)
            .online()
            .doc("Shortest time between two assignments of " + groups + "."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "min.assignment.interval.ms")
            .value(0)
            .atLeast(0)
            .doc("Shortest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "max.assignment.interval.ms")
            .value(15_000)
            .atLeast(0)
            .doc("Longest such time that a group's own setting may ask for."));
    add(
        key(GROUPS, ConfigTypes.INT, prefix + "max.size")
            .value(Integer.MAX_VALUE)
            .atLeast(1)
            .doc("Most members of " + groups + "."));
  }
}
