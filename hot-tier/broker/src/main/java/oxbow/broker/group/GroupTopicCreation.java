package oxbow.broker.group;

import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;

/** Asks the controller for topics nobody made by hand: the coordinators' own and Streams' ones. */
@FunctionalInterface
public interface GroupTopicCreation {
  /**
   * Completes with what became of each topic, once the controller has decided. Of an internal topic
   * the name alone counts. Never waits.
   */
  CompletionStage<CreateTopicsResponseData> create(CreateTopicsRequestData topics);
}
