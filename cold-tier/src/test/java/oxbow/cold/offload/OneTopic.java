package oxbow.cold.offload;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.ColdFiles;
import oxbow.cold.testing.FakeSchemas;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/** A topic of two partitions with its log, its table, and what takes the one to the other. */
final class OneTopic implements AutoCloseable {
  static final Map<String, String> SETTINGS =
      Map.of("remote.storage.enable", "true", "retention.ms", "-1");

  final ManualClock clock = new ManualClock(1_700_000_000_000L);
  final FakeSchemas schemas = new FakeSchemas();
  final Path directory;
  final Logs logs;
  final PartitionLog log0;
  final PartitionLog log1;

  OneTopic(Path directory) {
    this.directory = directory;
    logs =
        Logs.open(
            LogsConfig.of(directory.resolve("log")),
            new FaultyLogFiles(1),
            clock,
            clock,
            new ManualThreads(clock));
    log0 = logs.open(ColdFiles.ORDERS_0, LogConfigs.small(4096, 512, SETTINGS));
    log1 = logs.open(ColdFiles.ORDERS_1, LogConfigs.small(4096, 512, SETTINGS));
  }

  ColdTable table(MemoryObjectStore bucket) {
    var columns =
        new TableColumns(
            SystemColumns.BINARY_KEY,
            Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
            Layout.EMPTY);
    return IcebergCatalog.open(bucket, clock)
        .findOrCreate("topics", "orders", ColdFiles.ORDERS, columns, Partitioning.NONE);
  }

  Writers writers(ColdTable table) {
    return writers(table, schemas);
  }

  Writers writers(ColdTable table, Schemas known) {
    return new FileWriters(
        directory, "writer", TopicTiering.of(SETTINGS), new TopicColumns("orders", table, known));
  }

  TopicOffload offload(
      ColdTable table, MemoryObjectStore bucket, Writers writers, OffloadCounters counters) {
    return new TopicOffload(table, logs, bucket, writers, _ -> {}, counters);
  }

  void append(PartitionLog log, byte[]... values) {
    for (byte[] value : values) {
      ByteBuffer batch =
          BatchBuilder.at(clock.millis()).add(clock.millis(), new byte[] {1}, value).build();
      log.append(batch, 3, AppendOrigin.CLIENT);
    }
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  void append(PartitionLog log, int records) {
    for (int i = 0; i < records; i++) append(log, new byte[100]);
  }

  List<OffloadState.Waiting> waiting() {
    List<OffloadState.Waiting> waiting = new ArrayList<>();
    for (TopicIdPartition partition : List.of(ColdFiles.ORDERS_0, ColdFiles.ORDERS_1)) {
      logs.backlog(partition)
          .ifPresent(backlog ->
              waiting.add(new OffloadState.Waiting(partition, backlog.offsets().coldEnd())));
    }
    return waiting;
  }

  static List<String> ranges(List<ColdFile> files) {
    return files.stream().map(file -> file.baseOffset() + "-" + file.endOffset()).toList();
  }

  static long dataObjects(MemoryObjectStore bucket) {
    return bucket.names().stream().filter(name -> name.endsWith(".parquet")).count();
  }

  @Override
  public void close() {
    logs.close();
  }
}
