package oxbow.log;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * Every partition log of this node: opens, recovers, deletes, and runs what goes on in the
 * background (retention, compaction, fsync by interval, checkpoints) on its {@code log-*} threads.
 */
public final class Logs implements AutoCloseable {
  private Logs() {}

  private static AssertionError contract() {
    return new AssertionError("contract only");
  }

  /**
   * Takes possession of a directory: locks it, reads its identity (made at first use) and
   * checkpoints.
   */
  public static Logs open(LogsConfig config) {
    throw contract();
  }

  public Path directory() {
    throw contract();
  }

  /** The identity of this directory, as KRaft's metadata names it. */
  public Uuid directoryId() {
    throw contract();
  }

  /**
   * Opens a partition's log, made if absent and recovered if it was not closed. May wait for the
   * disk. A damaged log is returned offline, with its reason, instead of failing.
   */
  public PartitionLog open(TopicIdPartition id, LogConfig config) {
    throw contract();
  }

  public Optional<PartitionLog> find(TopicPartition partition) {
    throw contract();
  }

  public Collection<PartitionLog> all() {
    throw contract();
  }

  /**
   * Partitions found on disk, open or not: those no topic owns any more are deleted by the caller.
   */
  public Collection<TopicIdPartition> stored() {
    throw contract();
  }

  /** Closes and deletes a partition's log; its files go after {@code file.delete.delay.ms}. */
  public void delete(TopicIdPartition id) {
    throw contract();
  }

  /** Bytes that the file system has in all. */
  public long totalBytes() {
    throw contract();
  }

  /** Bytes that are free on it. */
  public long usableBytes() {
    throw contract();
  }

  /** Closes all logs cleanly. */
  @Override
  public void close() {
    throw contract();
  }
}
