package oxbow.server.cli;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks for topics, and names the one that is not there. */
final class Topics {
  private Topics() {}

  static Map<String, TopicDescription> named(
      ClientOptions client, Admin admin, Collection<String> names) {
    Map<String, TopicDescription> topics = new TreeMap<>();
    admin
        .describeTopics(new TreeSet<>(names))
        .topicNameValues()
        .forEach((name, answer) -> topics.put(name, await(client, name, answer)));
    return topics;
  }

  static TopicDescription named(ClientOptions client, Admin admin, String name) {
    return named(client, admin, java.util.List.of(name)).values().iterator().next();
  }

  /** Waits for an answer about a topic. */
  static <T> T await(ClientOptions client, String name, KafkaFuture<T> answer) {
    try {
      return client.await(answer);
    } catch (CommandException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) throw e;
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "there is no topic " + name,
          "`oxbow topics list` shows all there are",
          e.getCause());
    }
  }
}
