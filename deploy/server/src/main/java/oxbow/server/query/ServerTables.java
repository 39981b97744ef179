package oxbow.server.query;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.cold.ColdTier;
import oxbow.cold.file.ColdFile;
import oxbow.log.LogOffsets;
import oxbow.log.segment.Segment;
import oxbow.query.Topics;
import oxbow.query.overview.Overview;
import oxbow.query.overview.Overview.GroupFacts;
import oxbow.query.overview.Overview.GroupOffset;
import oxbow.query.sql.ResultColumn;
import oxbow.query.sql.SystemTable;
import oxbow.query.sql.SystemTable.Row;

/** What SQL can ask about this server: its topics, where their records lie, and offload. */
final class ServerTables {
  private final Topics topics;
  private final Partitions partitions;
  private final Supplier<Optional<ColdTier>> tier;
  private final Overview overview;

  ServerTables(
      Topics topics, Partitions partitions, Supplier<Optional<ColdTier>> tier, Overview overview) {
    this.topics = topics;
    this.partitions = partitions;
    this.tier = tier;
    this.overview = overview;
  }

  List<SystemTable> all() {
    return List.of(
        new SystemTable(
            "topics",
            columns("name VARCHAR", "id VARCHAR", "partitions INTEGER", "is_internal BOOLEAN"),
            this::topics),
        new SystemTable(
            "partitions",
            columns(
                "topic VARCHAR",
                "partition INTEGER",
                "is_leader BOOLEAN",
                "leader_epoch INTEGER",
                "log_start BIGINT",
                "local_start BIGINT",
                "cold_end BIGINT",
                "high_watermark BIGINT",
                "last_stable BIGINT",
                "log_end BIGINT",
                "local_bytes BIGINT",
                "trouble VARCHAR"),
            this::partitions),
        new SystemTable(
            "segments",
            columns(
                "topic VARCHAR", "partition INTEGER", "base_offset BIGINT", "size_bytes BIGINT"),
            this::segments),
        new SystemTable(
            "cold_files",
            columns(
                "topic VARCHAR",
                "partition INTEGER",
                "base_offset BIGINT",
                "end_offset BIGINT",
                "records BIGINT",
                "size_bytes BIGINT",
                "log_bytes BIGINT",
                "first_timestamp_ms BIGINT",
                "last_timestamp_ms BIGINT",
                "format VARCHAR",
                "object VARCHAR"),
            this::coldFiles),
        new SystemTable(
            "offloads",
            columns(
                "topic VARCHAR",
                "partition INTEGER",
                "backlog_bytes BIGINT",
                "age_ms BIGINT",
                "trouble VARCHAR"),
            this::offloads),
        new SystemTable(
            "groups",
            columns(
                "name VARCHAR",
                "type VARCHAR",
                "state VARCHAR",
                "members INTEGER",
                "topic VARCHAR",
                "partition INTEGER",
                "committed BIGINT",
                "log_end BIGINT",
                "lag BIGINT"),
            this::groups),
        new SystemTable(
            "raw_records",
            columns("topic VARCHAR", "partition INTEGER", "reason VARCHAR", "records BIGINT"),
            this::rawRecords));
  }

  private static List<ResultColumn> columns(String... definitions) {
    return Arrays.stream(definitions)
        .map(definition -> definition.split(" ", 2))
        .map(parts -> new ResultColumn(parts[0], parts[1]))
        .toList();
  }

  private List<Row> topics() {
    List<Row> rows = new ArrayList<>();
    for (Topics.Topic topic : topics.all()) {
      rows.add(Row.of(topic.name(), topic.id().toString(), topic.partitions(), topic.isInternal()));
    }
    return rows;
  }

  private List<Partition> sorted() {
    return partitions.all().stream()
        .sorted(
            Comparator.comparing((Partition one) -> one.id().topic())
                .thenComparingInt(one -> one.id().partition()))
        .toList();
  }

  private List<Row> partitions() {
    List<Row> rows = new ArrayList<>();
    for (Partition partition : sorted()) {
      TopicIdPartition id = partition.id();
      LogOffsets offsets = partition.log().offsets();
      rows.add(
          Row.of(
              id.topic(),
              id.partition(),
              partition.isLeader(),
              partition.leaderEpoch(),
              offsets.logStart(),
              offsets.localStart(),
              offsets.coldEnd(),
              offsets.highWatermark(),
              partition.log().lastStableOffset(),
              offsets.logEnd(),
              partition.log().sizeBytes(),
              partition.log().offline().map(Throwable::getMessage).orElse(null)));
    }
    return rows;
  }

  /** Those that are sealed. */
  private List<Row> segments() {
    List<Row> rows = new ArrayList<>();
    for (Partition partition : sorted()) {
      for (Segment segment : partition.log().sealedSegments()) {
        rows.add(
            Row.of(
                partition.id().topic(),
                partition.id().partition(),
                segment.baseOffset(),
                segment.sizeBytes()));
      }
    }
    return rows;
  }

  private List<Row> coldFiles() {
    List<Row> rows = new ArrayList<>();
    Optional<ColdTier> opened = tier.get();
    if (opened.isEmpty()) return rows;
    for (Topics.Topic topic : topics.all()) {
      opened
          .get()
          .version(topic.id(), topic.name())
          .ifPresent(version -> {
            for (int i = 0; i < topic.partitions(); i++) {
              for (ColdFile file : version.files(i)) rows.add(row(topic.name(), file));
            }
          });
    }
    return rows;
  }

  private static Row row(String topic, ColdFile file) {
    boolean isEmpty = file.records() == 0;
    return Row.of(
        topic,
        file.partition(),
        file.baseOffset(),
        file.endOffset(),
        file.records(),
        file.bytes(),
        file.logBytes(),
        isEmpty ? null : file.timestampMin(),
        isEmpty ? null : file.timestampMax(),
        file.format().name(),
        file.name());
  }

  private List<Row> offloads() {
    List<Row> rows = new ArrayList<>();
    tier.get()
        .ifPresent(opened ->
            opened
                .status()
                .forEach(status ->
                    rows.add(
                        Row.of(
                            status.partition().topic(),
                            status.partition().partition(),
                            status.backlogBytes(),
                            status.ageMs(),
                            status.trouble()))));
    return rows;
  }

  /** Records in cold files that are kept as they came, and why: those that say so. */
  private List<Row> rawRecords() {
    List<Row> rows = new ArrayList<>();
    Optional<ColdTier> opened = tier.get();
    if (opened.isEmpty()) return rows;
    for (Topics.Topic topic : topics.all()) {
      for (int i = 0; i < topic.partitions(); i++) {
        int partition = i;
        opened
            .get()
            .raw(topic.partition(i))
            .records()
            .forEach((reason, records) ->
                rows.add(
                    Row.of(
                        topic.name(), partition, reason.name().toLowerCase(Locale.ROOT), records)));
      }
    }
    return rows;
  }

  /** A row for each partition of which a group has committed an offset, or one with none. */
  private List<Row> groups() {
    List<Row> rows = new ArrayList<>();
    for (GroupFacts group : overview.groups()) {
      int members = group.members().size();
      if (group.offsets().isEmpty()) {
        rows.add(
            Row.of(
                group.name(), group.type(), group.state(), members, null, null, null, null, null));
      }
      for (GroupOffset offset : group.offsets()) {
        rows.add(
            Row.of(
                group.name(),
                group.type(),
                group.state(),
                members,
                offset.topic(),
                offset.partition(),
                offset.committed(),
                offset.end(),
                offset.lag()));
      }
    }
    return rows;
  }
}
