package oxbow.broker.control;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.DynamicVoter;
import org.apache.kafka.raft.DynamicVoters;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.util.FileLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ControlException.Kind;

/**
 * The directory of the metadata log: whose it is ({@code meta.properties}), the lock that keeps a
 * second process out, and what a new cluster starts with.
 *
 * <p>A new directory is formatted for a quorum whose voters stand in the log itself (kraft.version
 * 1), with this node as the only one: a second voter is then added by a request, where voters named
 * in the configuration would have to be changed on all nodes at once.
 */
final class MetadataDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MetadataDirectory.class);
  private static final TopicPartition PARTITION = Topic.CLUSTER_METADATA_TOPIC_PARTITION;

  private final Path directory;
  private final FileLock lock;
  private final String clusterId;
  private final Uuid id;
  private final BootstrapMetadata bootstrap;

  private MetadataDirectory(
      Path directory, FileLock lock, String clusterId, Uuid id, BootstrapMetadata bootstrap) {
    this.directory = directory;
    this.lock = lock;
    this.clusterId = clusterId;
    this.id = id;
    this.bootstrap = bootstrap;
  }

  /** Locks the directory and checks that it is this node's; formats it if it is new. */
  static MetadataDirectory open(ControlConfig config) {
    Path directory = config.directory();
    FileLock lock = lock(directory);
    try {
      Path identity = directory.resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME);
      if (!Files.exists(identity)) {
        if (holdsMetadata(directory)) {
          throw new ControlException(
              Kind.DIRECTORY,
              identity
                  + " is missing, but "
                  + partitionDirectory(directory)
                  + " holds a metadata log: restore the file, or move the directory away to start"
                  + " a new cluster");
        }
        format(config);
      }
      MetaProperties properties = read(identity);
      check(identity, properties, config);
      return new MetadataDirectory(
          directory,
          lock,
          properties.clusterId().orElseThrow(),
          properties.directoryId().orElseThrow(),
          bootstrap(directory));
    } catch (RuntimeException e) {
      unlock(lock);
      throw e;
    }
  }

  /**
   * Formats a new directory whose log begins with more than the features.
   *
   * @param more what it begins with, given the version of the metadata
   */
  static void restore(
      ControlConfig config, Function<MetadataVersion, List<ApiMessageAndVersion>> more) {
    Path directory = config.directory();
    FileLock lock = lock(directory);
    try {
      if (Files.exists(directory.resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME))
          || holdsMetadata(directory)) {
        throw new ControlException(Kind.DIRECTORY, directory + " holds a cluster already");
      }
      format(config);
      BootstrapMetadata usual = bootstrap(directory);
      var records = new ArrayList<>(usual.records());
      records.addAll(more.apply(usual.metadataVersion()));
      Files.deleteIfExists(directory.resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME));
      new BootstrapDirectory(directory.toString())
          .writeBinaryFile(BootstrapMetadata.fromRecords(records, "a restored bucket"));
    } catch (IOException e) {
      throw new ControlException(Kind.DIRECTORY, "can't write " + directory + ": " + e, e);
    } finally {
      unlock(lock);
    }
  }

  private static FileLock lock(Path directory) {
    try {
      Files.createDirectories(directory);
      var lock = new FileLock(new File(directory.toFile(), ".lock"));
      if (lock.tryLock()) return lock;
      lock.unlockAndClose();
    } catch (IOException e) {
      throw new ControlException(Kind.DIRECTORY, "can't lock " + directory + ": " + e, e);
    }
    throw new ControlException(Kind.DIRECTORY, directory + " is in use by another process");
  }

  private static void unlock(FileLock lock) {
    try {
      lock.unlockAndClose();
    } catch (IOException e) {
      log.atWarn().addKeyValue("file", lock.file()).setCause(e).log("lock not released");
    }
  }

  private static Path partitionDirectory(Path directory) {
    return directory.resolve(PARTITION.topic() + "-" + PARTITION.partition());
  }

  /** Formatting leaves a bootstrap snapshot there; only a running node leaves its vote. */
  private static boolean holdsMetadata(Path directory) {
    return Files.exists(partitionDirectory(directory).resolve(VoteFile.NAME));
  }

  private static void format(ControlConfig config) {
    String clusterId = config.clusterId().orElseGet(() -> Uuid.randomUuid().toString());
    var voter =
        new DynamicVoter(
            Uuid.randomUuid(),
            config.nodeId(),
            config.controllerEndpoint().host(),
            config.controllerEndpoint().port());
    String path = config.directory().toString();
    try {
      new Formatter()
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setNodeId(config.nodeId())
          .setClusterId(clusterId)
          .addDirectory(path)
          .setMetadataLogDirectory(path)
          .setControllerListenerName(config.controllerListener())
          .setInitialControllers(new DynamicVoters(List.of(voter)))
          .setHasDynamicQuorum(true)
          .run();
    } catch (Exception e) {
      throw new ControlException(Kind.DIRECTORY, "can't format " + path + ": " + e, e);
    }
    log.atInfo().addKeyValue("directory", path).addKeyValue("cluster", clusterId).log("formatted");
  }

  private static MetaProperties read(Path identity) {
    try {
      Properties properties = PropertiesUtils.readPropertiesFile(identity.toString());
      return new MetaProperties.Builder(properties).build();
    } catch (IOException | RuntimeException e) {
      throw new ControlException(
          Kind.DIRECTORY, identity + " can't be understood: " + e.getMessage(), e);
    }
  }

  private static void check(Path identity, MetaProperties found, ControlConfig config) {
    String foundCluster =
        found
            .clusterId()
            .orElseThrow(
                () -> new ControlException(Kind.DIRECTORY, identity + " lacks cluster.id"));
    config
        .clusterId()
        .filter(wanted -> !wanted.equals(foundCluster))
        .ifPresent(wanted -> {
          throw new ControlException(
              Kind.DIRECTORY,
              identity + " has cluster.id " + foundCluster + ", configured is " + wanted);
        });
    if (found.nodeId().isEmpty()) {
      throw new ControlException(Kind.DIRECTORY, identity + " lacks node.id");
    }
    if (found.nodeId().getAsInt() != config.nodeId()) {
      throw new ControlException(
          Kind.DIRECTORY,
          identity
              + " has node.id "
              + found.nodeId().getAsInt()
              + ", configured is "
              + config.nodeId());
    }
    if (found.directoryId().isEmpty()) {
      throw new ControlException(Kind.DIRECTORY, identity + " lacks directory.id");
    }
  }

  private static BootstrapMetadata bootstrap(Path directory) {
    try {
      return new BootstrapDirectory(directory.toString()).read();
    } catch (Exception e) {
      throw new ControlException(
          Kind.DIRECTORY,
          directory.resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME) + " can't be read: " + e,
          e);
    }
  }

  /** Where raft keeps log, snapshots and vote. */
  File partitionDirectory() {
    return partitionDirectory(directory).toFile();
  }

  /** Bytes the metadata log may still grow by. */
  long usableBytes() {
    return partitionDirectory().getUsableSpace();
  }

  String clusterId() {
    return clusterId;
  }

  Uuid id() {
    return id;
  }

  BootstrapMetadata bootstrap() {
    return bootstrap;
  }

  /** Another process may take the directory now. */
  @Override
  public void close() {
    unlock(lock);
  }
}
