package oxbow.cold.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static oxbow.cold.testing.ColdTopic.ORDERS_0;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.testing.ColdTopic;
import oxbow.cold.testing.MemoryObjectStore;

/** A bucket is taken over though its listings lag behind what is in it. */
class BucketRestoreTest {
  private static final TopicState ORDERS =
      new TopicState(ORDERS_0.topic(), ORDERS_0.topicId(), 1, List.of(), Map.of());
  private static final TopicState HOT =
      new TopicState("hot", Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAw"), 1, List.of(), Map.of());

  @TempDir Path directory;

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());

  @Test
  void listingsWithoutAnythingHideNoTopic() {
    store.freezeListings();
    long end = offload(300);
    saveTopics();

    BucketRestore.Contents contents = takeOver();

    assertThat(contents.topics())
        .extracting(topic -> topic.state().name(), BucketRestore.Topic::isKept)
        .containsExactly(tuple("orders", true), tuple("hot", false));
    assertThat(contents.topics().getFirst().end(0)).isEqualTo(end);
    assertThat(contents.problems()).isEmpty();
  }

  @Test
  void listingsOfLongAgoHideNoRecords() {
    try (var topic = new ColdTopic(directory, store)) {
      topic.lead();
      for (int i = 0; i < 15; i++) {
        if (i == 2) store.freezeListings();
        topic.append(new Random(i), 20);
        topic.awaitOffload();
      }
      saveTopics();
      topic.tier().close();

      assertThat(takeOver().topics().getFirst().end(0)).isEqualTo(topic.log.offsets().logEnd());
    }
  }

  @Test
  void aTableWhoseTopicWasDeletedIsNamedAndLeftAlone() {
    long _ = offload(10);
    store.put(
        StateObjects.topics(1),
        StateJson.write(new ClusterState(SettingsState.EMPTY, 0, List.of(HOT))));

    BucketRestore.Contents contents = takeOver();

    assertThat(contents.topics()).extracting(BucketRestore.Topic::isKept).containsExactly(false);
    assertThat(contents.problems())
        .singleElement()
        .asString()
        .contains("the table orders is left alone");
  }

  @Test
  void withoutAListOfTopicsTheyAreMadeFromTheTablesThatAreListed() {
    long end = offload(10);

    BucketRestore.Contents contents = takeOver();

    assertThat(contents.topics()).hasSize(1);
    assertThat(contents.topics().getFirst().end(0)).isEqualTo(end);
    assertThat(contents.problems()).singleElement().asString().contains("no list of topics");
  }

  /** Returns where the partition ends. */
  private long offload(int batches) {
    try (var topic = new ColdTopic(directory, store)) {
      topic.append(new Random(1), batches);
      topic.lead();
      topic.awaitOffload();
      return topic.log.offsets().logEnd();
    }
  }

  private void saveTopics() {
    store.put(
        StateObjects.topics(1),
        StateJson.write(new ClusterState(SettingsState.EMPTY, 0, List.of(ORDERS, HOT))));
  }

  private BucketRestore.Contents takeOver() {
    return new BucketRestore(store, "topics", InstantSource.system()).takeOver(false);
  }
}
