package oxbow.broker;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import oxbow.broker.control.TopicSettings;
import oxbow.log.ColdPartitions;
import oxbow.log.ColdReads;
import oxbow.log.Logs;

/**
 * How a cold tier is joined to a broker. The broker builds its logs, has the cold tier built on
 * them, and closes it after the last partition was given up and before the logs. Everything a cold
 * tier has to know of the cluster comes by {@link ColdPartitions}: which partitions are led here,
 * with topic id, name, leader epoch and effective settings (its own keys included), in order; what
 * it has to know of records comes by {@link oxbow.log.SealedSegments}, which the logs are.
 *
 * <p>Topics may only use it where the broker's settings say {@code
 * remote.log.storage.system.enable=true}.
 *
 * @param topicSettings what a topic can have set, the cold tier's own keys included
 * @param join builds the cold tier
 */
public record Tiering(TopicSettings topicSettings, Function<Logs, ColdTier> join) {
  /** No cold tier: offsets that left the disk are out of range. */
  public static final Tiering NONE =
      new Tiering(new TopicSettings(), _ -> new ColdTier(null, ColdPartitions.NONE, () -> {}));

  /**
   * The cold tier as the broker uses it.
   *
   * @param reads serves offsets that left the disk; null: nobody does
   * @param partitions is told what is led here
   * @param closing ends it
   */
  public record ColdTier(
      @Nullable ColdReads reads, ColdPartitions partitions, AutoCloseable closing) {}
}
