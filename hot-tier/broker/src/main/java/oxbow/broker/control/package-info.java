/**
 * The embedded KRaft control plane: the only user of Kafka's raft and metadata jars. Other packages
 * see {@link oxbow.broker.control.ClusterView}. Start with {@link
 * oxbow.broker.control.ControlPlane}; its threads are named there.
 */
@NullMarked
package oxbow.broker.control;

import org.jspecify.annotations.NullMarked;
