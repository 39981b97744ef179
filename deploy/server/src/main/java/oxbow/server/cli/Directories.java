package oxbow.server.cli;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.Node;

/** Asks every broker for its log directories. */
final class Directories {
  private Directories() {}

  /** Directories by broker and path. */
  static Map<Integer, Map<String, LogDirDescription>> of(ClientOptions client, Admin admin) {
    var brokers = client.await(admin.describeCluster().nodes()).stream().map(Node::id).toList();
    return client.await(admin.describeLogDirs(brokers).allDescriptions());
  }
}
