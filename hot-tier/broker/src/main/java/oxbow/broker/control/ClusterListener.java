package oxbow.broker.control;

import java.util.Set;

/** Learns of each change of the cluster's metadata, in order, on the control plane's own thread. */
public interface ClusterListener {
  /**
   * Called once with everything at the start, then after each change.
   *
   * @param now the cluster as it is
   * @param change what is different from the view of the call before
   */
  void changed(ClusterView now, Change change);

  /**
   * Names of what changed.
   *
   * @param topics created or with other partitions, leaders or replicas
   * @param deleted topics that are gone; one deleted and made anew is in both
   * @param settingsOf topics with other settings
   * @param brokers brokers that came, went, or are fenced or not
   * @param defaults the cluster-wide settings changed: they count for every topic
   */
  record Change(
      Set<String> topics,
      Set<ClusterView.Topic> deleted,
      Set<String> settingsOf,
      Set<Integer> brokers,
      boolean defaults) {}
}
