package oxbow.broker.replica;

import java.util.List;

/** What this broker is to a partition. A later leader epoch replaces an earlier one. */
sealed interface Role {
  /** Epoch of a replica that has not yet heard who leads it. */
  int NO_EPOCH = -1;

  int leaderEpoch();

  /**
   * It takes writes.
   *
   * @param epochStart the log end when this broker was elected
   * @param replicas all that hold the partition
   * @param inSync those the watermark waits for
   */
  record Leader(int leaderEpoch, long epochStart, List<Integer> replicas, List<Integer> inSync)
      implements Role {}

  /**
   * Another broker takes writes, or none.
   *
   * @param leader its id, or -1
   */
  record Follower(int leaderEpoch, int leader) implements Role {}

  /** The partition was deleted, or moved to other brokers. */
  record Gone(int leaderEpoch) implements Role {}
}
