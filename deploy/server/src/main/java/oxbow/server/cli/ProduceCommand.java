package oxbow.server.cli;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow produce}. */
@Command(
    name = "produce",
    description = {"Produce one record per line of standard input or a file."})
final class ProduceCommand implements Callable<Integer> {
  private static final int LINE_BYTES_MAX = 100 << 20;
  private static final Duration FLUSH_PATIENCE = Duration.ofSeconds(3);

  private final Terminal terminal;
  @Mixin private ClientOptions client = new ClientOptions();

  @Parameters(paramLabel = "TOPIC", description = "Where to.")
  private String topic = "";

  @Option(
      names = {"-k", "--key-separator"},
      paramLabel = "TEXT",
      description = "Lines are KEY TEXT VALUE; \\t is a tab. No keys without.")
  private @Nullable String keySeparator;

  @Option(names = "--key", paramLabel = "KEY", description = "One key for all records.")
  private @Nullable String key;

  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME=VALUE",
      description = "A header of every record; repeatable.")
  private @Nullable Map<String, String> headers;

  @Option(
      names = "--null",
      paramLabel = "TEXT",
      description = "A value of exactly this text is sent as null, which deletes the key.")
  private @Nullable String nullText;

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      description = "Into this partition; by key, or evenly, without.")
  private @Nullable Integer partition;

  @Option(names = "--acks", paramLabel = "0|1|all", description = "Who must have it; all without.")
  private String acks = "all";

  @Option(
      names = {"-z", "--compression"},
      paramLabel = "CODEC",
      description = "none, gzip, snappy, lz4 or zstd; none without.")
  private String compression = "none";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Read this file instead of standard input.")
  private @Nullable Path file;

  ProduceCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (key != null && keySeparator != null) {
      throw CommandException.usage("--key and --key-separator exclude each other", "");
    }
    if (!acks.matches("0|1|-1|all")) {
      throw CommandException.usage("--acks is 0, 1 or all, not '" + acks + "'", "");
    }
    if (!compression.matches("none|gzip|snappy|lz4|zstd")) {
      throw CommandException.usage(
          "there is no codec '" + compression + "'", "codecs: none, gzip, snappy, lz4, zstd");
    }
    if (file != null && !Files.isReadable(file)) {
      throw CommandException.usage("the file " + file + " can't be read", "");
    }
    client.requireReachable();
    long total = file == null ? -1 : Files.size(file);
    try (InputStream in = file == null ? terminal.in() : new FileInputStream(file.toFile());
        var producer = new KafkaProducer<byte[], byte[]>(producerProperties());
        var progress = new Progress(terminal, "producing", total)) {
      return produce(new Lines(in, LINE_BYTES_MAX), producer, progress);
    }
  }

  private Properties producerProperties() {
    Properties properties = client.properties();
    properties.remove("default.api.timeout.ms");
    long timeoutMs = client.timeout().toMillis();
    properties.put(ProducerConfig.ACKS_CONFIG, acks);
    if (!acks.matches("-1|all")) {
      properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
    }
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(timeoutMs));
    properties.put(ProducerConfig.LINGER_MS_CONFIG, "5");
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(timeoutMs * 2 + 5));
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    properties.put(
        ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    return properties;
  }

  private int produce(Lines lines, KafkaProducer<byte[], byte[]> producer, Progress progress)
      throws IOException {
    var acknowledged = new AtomicLong();
    var failure = new AtomicReference<@Nullable Exception>();
    long records = 0;
    long bytes = 0;
    List<Header> all = recordHeaders();
    try (var interruption =
        Interruption.finishing(() -> finish(producer, acknowledged, progress))) {
      byte[] line;
      while (failure.get() == null
          && !interruption.isInterrupted()
          && (line = lines.next()) != null) {
        records++;
        bytes += line.length;
        var _ =
            producer.send(
                record(line, records, all),
                (metadata, e) -> {
                  if (e == null) acknowledged.incrementAndGet();
                  else failure.compareAndSet(null, e);
                });
        progress.update(lines.bytesRead(), records, bytes);
      }
      if (interruption.isInterrupted()) return ExitCode.INTERRUPTED;
      producer.flush();
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }
    progress.close();
    Exception failed = failure.get();
    if (failed != null) {
      CommandException why = Failures.of(failed, client.bootstrap());
      throw new CommandException(
          why.exitCode(),
          acknowledged.get() + " records produced, then: " + why.getMessage(),
          why.hint(),
          failed);
    }
    Output output = client.output(terminal);
    if (output.isJson()) {
      output.json(Map.of("topic", topic, "records", records, "bytes", bytes));
    } else {
      output.note(produced(records));
    }
    return ExitCode.OK;
  }

  /** Waits a little for what is under way, and tells how far it came. */
  private void finish(
      KafkaProducer<byte[], byte[]> producer, AtomicLong acknowledged, Progress progress) {
    try {
      boolean _ = Thread.ofPlatform().daemon().start(producer::flush).join(FLUSH_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    progress.close();
    client.output(terminal).note(produced(acknowledged.get()));
  }

  private static String produced(long records) {
    return "produced " + records + (records == 1 ? " record" : " records");
  }

  private List<Header> recordHeaders() {
    List<Header> all = new ArrayList<>();
    if (headers != null) {
      headers.forEach(
          (name, value) -> all.add(new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8))));
    }
    return all;
  }

  private ProducerRecord<byte[], byte[]> record(byte[] line, long number, List<Header> all) {
    byte @Nullable [] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    byte @Nullable [] value = line;
    if (keySeparator != null) {
      byte[] separator = Escapes.plain(keySeparator).getBytes(StandardCharsets.UTF_8);
      int at = indexOf(line, separator);
      if (at < 0) {
        throw CommandException.usage("line " + number + " has no key separator", "");
      }
      keyBytes = Arrays.copyOf(line, at);
      value = Arrays.copyOfRange(line, at + separator.length, line.length);
    }
    if (nullText != null && Arrays.equals(value, nullText.getBytes(StandardCharsets.UTF_8))) {
      value = null;
    }
    return new ProducerRecord<>(topic, partition, null, keyBytes, value, all);
  }

  private static int indexOf(byte[] line, byte[] part) {
    if (part.length == 0) throw CommandException.usage("--key-separator is empty", "");
    for (int i = 0; i <= line.length - part.length; i++) {
      if (Arrays.equals(line, i, i + part.length, part, 0, part.length)) return i;
    }
    return -1;
  }
}
