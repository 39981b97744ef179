package oxbow.server.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow consume}. */
@Command(
    name = "consume",
    description = {
      "Print the records of topics, from now on or from elsewhere, until Ctrl-C or an end."
    })
final class ConsumeCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);

  private final Terminal terminal;
  @Mixin private ClientOptions client = new ClientOptions();

  @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Topics to read.")
  private List<String> topics = List.of();

  @Option(names = "--from-beginning", description = "From the first record.")
  private boolean isFromBeginning;

  @Option(
      names = {"-o", "--offset"},
      paramLabel = "OFFSET",
      description = "From this offset.")
  private @Nullable Long offset;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "From the first record at or after a time (2026-11-20T07:00:00Z, -15m).")
  private @Nullable String from;

  @Option(
      names = {"-t", "--tail"},
      paramLabel = "N",
      description = "From the last N records of each partition.")
  private @Nullable Long tail;

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      description = "Only this partition; repeatable.")
  private @Nullable List<Integer> partitions;

  @Option(
      names = {"-e", "--until-end"},
      description = "Stop at what is the end now.")
  private boolean isUntilEnd;

  @Option(names = "--until", paramLabel = "TIME", description = "Stop before records of this time.")
  private @Nullable String until;

  @Option(
      names = {"-n", "--max"},
      paramLabel = "N",
      description = "Stop after so many records.")
  private long max = Long.MAX_VALUE;

  @Option(
      names = {"-g", "--group"},
      paramLabel = "GROUP",
      description = "As a member of a group: go on where it was, and commit.")
  private @Nullable String group;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "TEMPLATE",
      description =
          "How a record looks: %%k key, %%v value, %%t time, %%T timestamp, %%p partition, %%o"
              + " offset, %%n topic, %%h headers. `%%v\\n` without.")
  private @Nullable String format;

  @Option(names = "--print-key", description = "Print keys before values.")
  private boolean isKeyPrinted;

  @Option(names = "--print-headers", description = "Print headers.")
  private boolean areHeadersPrinted;

  @Option(names = "--print-timestamp", description = "Print times.")
  private boolean isTimestampPrinted;

  @Option(names = "--print-partition", description = "Print partitions and offsets.")
  private boolean isPartitionPrinted;

  @Option(
      names = {"-k", "--key-separator"},
      paramLabel = "TEXT",
      description = "What stands between the fields; a tab without.")
  private String separator = "\\t";

  @Option(
      names = "--read-committed",
      description = "Leave out records of transactions that are open or aborted.")
  private boolean isReadCommitted;

  ConsumeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    check();
    RecordPrinter printer = printer();
    client.requireReachable();
    try (var consumer = new KafkaConsumer<byte[], byte[]>(consumerProperties());
        var _ = new Interruption(consumer::wakeup)) {
      try {
        return group == null ? readPartitions(consumer, printer) : readAsMember(consumer, printer);
      } catch (WakeupException e) {
        return ExitCode.INTERRUPTED;
      } finally {
        terminal.out().flush();
      }
    }
  }

  private void check() {
    int starts =
        (isFromBeginning ? 1 : 0)
            + (offset == null ? 0 : 1)
            + (from == null ? 0 : 1)
            + (tail == null ? 0 : 1);
    if (starts > 1) {
      throw CommandException.usage(
          "one start only", "--from-beginning, --offset, --from and --tail exclude each other");
    }
    boolean isPlaced = offset != null || from != null || tail != null || partitions != null;
    if (group != null && (isPlaced || isUntilEnd || until != null)) {
      throw CommandException.usage(
          "a group decides itself what is read from where",
          "`oxbow groups reset-offsets` moves it; --from-beginning counts for a new one");
    }
    if (isUntilEnd && until != null) {
      throw CommandException.usage("--until-end and --until exclude each other", "");
    }
    if (offset != null && offset < 0) throw CommandException.usage("--offset is negative", "");
    if (tail != null && tail < 0) throw CommandException.usage("--tail is negative", "");
    if (max < 0) throw CommandException.usage("--max is negative", "");
  }

  private RecordPrinter printer() {
    boolean isAnyPrinted =
        isKeyPrinted || areHeadersPrinted || isTimestampPrinted || isPartitionPrinted;
    if (client.isJson()) {
      if (format != null || isAnyPrinted) {
        throw CommandException.usage("--json prints everything", "leave --format and --print out");
      }
      return RecordPrinter.asJson();
    }
    if (format != null) {
      if (isAnyPrinted) {
        throw CommandException.usage("--format and --print-... exclude each other", "");
      }
      return RecordPrinter.byTemplate(format);
    }
    String between = separator.replace("%", "%%");
    var template = new StringBuilder();
    if (isTimestampPrinted) template.append("%t").append(between);
    if (isPartitionPrinted) template.append("%p").append(between).append("%o").append(between);
    if (areHeadersPrinted) template.append("%h").append(between);
    if (isKeyPrinted) template.append("%k").append(between);
    return RecordPrinter.byTemplate(template + "%v\\n");
  }

  private Properties consumerProperties() {
    Properties properties = client.properties();
    properties.put(
        ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    properties.put(
        ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        isReadCommitted ? "read_committed" : "read_uncommitted");
    properties.put(
        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, isFromBeginning ? "earliest" : "latest");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    if (group != null) properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    return properties;
  }

  private int readAsMember(KafkaConsumer<byte[], byte[]> consumer, RecordPrinter printer)
      throws IOException {
    for (String topic : topics) partitionsOf(consumer, topic);
    consumer.subscribe(topics);
    var presence = presence(consumer);
    long printed = 0;
    Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
    try {
      while (printed < max && !terminal.out().checkError()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (printed == max) break;
          printer.print(record, terminal.out());
          printed++;
          done.put(
              new TopicPartition(record.topic(), record.partition()),
              new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
        }
        presence.check();
        if (!done.isEmpty()) consumer.commitAsync(done, null);
      }
    } finally {
      // Only what was printed counts as read. After Ctrl-C the wish to wake up is used up by now.
      if (!done.isEmpty()) consumer.commitSync(done, client.timeout());
    }
    return ExitCode.OK;
  }

  private Presence presence(KafkaConsumer<byte[], byte[]> consumer) {
    return new Presence(
        client.bootstrap(),
        () -> Presence.connections(consumer.metrics()),
        client.output(terminal)::note);
  }

  private List<TopicPartition> partitionsOf(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    List<PartitionInfo> infos = consumer.partitionsFor(topic, client.timeout());
    if (infos == null || infos.isEmpty()) {
      throw CommandException.notFound(
          "there is no topic " + topic, "`oxbow topics list` shows all there are");
    }
    List<TopicPartition> found = new ArrayList<>();
    for (PartitionInfo info : infos) {
      if (partitions == null || partitions.contains(info.partition())) {
        found.add(new TopicPartition(topic, info.partition()));
      }
    }
    if (found.isEmpty()) {
      throw CommandException.notFound(
          "topic " + topic + " has no such partition", "it has " + infos.size());
    }
    return found;
  }

  private int readPartitions(KafkaConsumer<byte[], byte[]> consumer, RecordPrinter printer)
      throws IOException {
    List<TopicPartition> assigned = new ArrayList<>();
    for (String topic : topics) assigned.addAll(partitionsOf(consumer, topic));
    consumer.assign(assigned);
    Map<TopicPartition, Long> ends = ends(consumer, assigned);
    seek(consumer, assigned);
    long total = total(consumer, ends);
    Set<TopicPartition> open = new HashSet<>(assigned);
    stopAtEnds(consumer, open, ends);
    var presence = presence(consumer);
    long printed = 0;
    long bytes = 0;
    boolean isShown = !terminal.isOutInteractive();
    try (var progress = new Progress(terminal, "consuming", total)) {
      while (!open.isEmpty() && printed < max && !terminal.out().checkError()) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        for (ConsumerRecord<byte[], byte[]> record : records) {
          long end =
              ends.getOrDefault(
                  new TopicPartition(record.topic(), record.partition()), Long.MAX_VALUE);
          if (printed == max || record.offset() >= end) continue;
          printer.print(record, terminal.out());
          printed++;
          bytes += Math.max(0, record.serializedValueSize());
        }
        presence.check();
        if (isShown) progress.update(printed, printed, bytes);
        stopAtEnds(consumer, open, ends);
      }
    }
    return ExitCode.OK;
  }

  /** Where to stop; empty: nowhere. */
  private Map<TopicPartition, Long> ends(
      KafkaConsumer<byte[], byte[]> consumer, Collection<TopicPartition> assigned) {
    if (!isUntilEnd && until == null) return Map.of();
    Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(assigned, client.timeout()));
    if (until != null) {
      atTime(consumer, assigned, until)
          .forEach((partition, found) -> ends.put(partition, found.offset()));
    }
    return ends;
  }

  private Map<TopicPartition, OffsetAndTimestamp> atTime(
      KafkaConsumer<byte[], byte[]> consumer, Collection<TopicPartition> assigned, String time) {
    long ms = Units.timestampMs(time, InstantSource.system());
    Map<TopicPartition, Long> wanted = new HashMap<>();
    for (TopicPartition partition : assigned) wanted.put(partition, ms);
    Map<TopicPartition, OffsetAndTimestamp> found =
        new HashMap<>(consumer.offsetsForTimes(wanted, client.timeout()));
    found.values().removeIf(Objects::isNull); // no record is that young
    return found;
  }

  private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> assigned) {
    if (isFromBeginning) {
      consumer.seekToBeginning(assigned);
    } else if (offset != null) {
      for (TopicPartition partition : assigned) consumer.seek(partition, offset);
    } else if (from != null) {
      consumer.seekToEnd(assigned);
      atTime(consumer, assigned, from)
          .forEach((partition, found) -> consumer.seek(partition, found.offset()));
    } else if (tail != null) {
      long wanted = tail;
      Map<TopicPartition, Long> firsts = consumer.beginningOffsets(assigned, client.timeout());
      consumer
          .endOffsets(assigned, client.timeout())
          .forEach((partition, end) ->
              consumer.seek(partition, Math.max(firsts.getOrDefault(partition, 0L), end - wanted)));
    } else {
      consumer.seekToEnd(assigned);
    }
  }

  private static long total(
      KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    if (ends.isEmpty()) return -1;
    long total = 0;
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      total += Math.max(0, end.getValue() - consumer.position(end.getKey()));
    }
    return total;
  }

  private void stopAtEnds(
      KafkaConsumer<byte[], byte[]> consumer,
      Set<TopicPartition> open,
      Map<TopicPartition, Long> ends) {
    if (ends.isEmpty()) return;
    List<TopicPartition> done = new ArrayList<>();
    for (TopicPartition partition : open) {
      if (consumer.position(partition, client.timeout()) >= ends.getOrDefault(partition, 0L)) {
        done.add(partition);
      }
    }
    consumer.pause(done);
    open.removeAll(done);
  }
}
