package oxbow.query.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import oxbow.log.ReadLimit;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.Replay.Step;
import oxbow.query.replay.ReplayRequest.Order;
import oxbow.query.testing.FakeTopics;

/** Replays that take some records only, by what a filter tells of them. */
@Timeout(60)
class FilteredReplayTest {
  private final FakeTopics topics = new FakeTopics();
  private final Topic orders = topics.add("orders", 1, Map.of());
  private final Waiting waiting = new Waiting();
  private final List<String> asked = new ArrayList<>();

  @AfterEach
  void nothingIsHeld() {
    assertThat(topics.held).hasValue(0);
    assertThat(topics.awaiting).hasValue(0);
  }

  private void put(int count) {
    for (int i = 0; i < count; i++) {
      topics.put(
          orders.partition(0), new SimpleRecord(i, "value".getBytes(StandardCharsets.UTF_8)));
    }
  }

  private RecordFilter filter(int foundMax, LongPredicate wanted) {
    return (_, start, end, _) -> {
      asked.add(start + ".." + end);
      long[] all = LongStream.range(start, end).filter(wanted).toArray();
      if (all.length <= foundMax) return new RecordFilter.Found(all, end);
      long[] some = java.util.Arrays.copyOf(all, foundMax);
      return new RecordFilter.Found(some, some[foundMax - 1] + 1);
    };
  }

  private Replay open(RecordFilter filter, boolean isFollowing) {
    return Replay.open(
        topics,
        new ReplayRequest(
            orders,
            List.of(0),
            new Position.Earliest(),
            Optional.empty(),
            isFollowing,
            Optional.empty(),
            Optional.of(filter),
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Order.PARTITION,
            ReadLimit.LAST_STABLE),
        waiting);
  }

  private static List<Long> rest(Replay replay) {
    List<Long> offsets = new ArrayList<>();
    while (replay.next(0) instanceof Step.Found(var record)) offsets.add(record.offset());
    return offsets;
  }

  @Test
  void onlyWantedRecordsCome() {
    put(100);

    try (Replay replay = open(filter(1_000, offset -> offset % 10 == 3), false)) {
      assertThat(rest(replay)).containsExactly(3L, 13L, 23L, 33L, 43L, 53L, 63L, 73L, 83L, 93L);
      assertThat(replay.isAtEnd()).isTrue();
      assertThat(replay.cursor().next()).containsEntry(0, 100L);
    }
    assertThat(asked).containsExactly("0..100");
  }

  @Test
  void nothingIsReadWhereNothingIsWanted() {
    put(100);

    try (Replay replay = open(filter(1_000, _ -> false), false)) {
      assertThat(rest(replay)).isEmpty();
    }
    assertThat(topics.reads).hasValue(0);
  }

  @Test
  void aFilterThatTellsOfAFewAtATimeIsAskedAgain() {
    put(100);

    try (Replay replay = open(filter(7, offset -> offset % 2 == 0), false)) {
      assertThat(rest(replay)).hasSize(50).isSorted().allMatch(offset -> offset % 2 == 0);
    }
    assertThat(asked).hasSize(8);
  }

  @Test
  void offsetsOutsideTheRangeAreNotBelieved() {
    put(10);
    RecordFilter wild = (_, _, end, _) -> new RecordFilter.Found(new long[] {-1, 4, 10, 99}, end);

    try (Replay replay = open(wild, false)) {
      assertThat(rest(replay)).containsExactly(4L);
    }
  }

  @Test
  void whatIsFollowedIsFilteredAsItComes() {
    put(5);

    try (Replay replay = open(filter(1_000, offset -> offset % 3 == 0), true)) {
      assertThat(rest(replay)).containsExactly(0L, 3L);
      assertThat(replay.next(0)).isInstanceOf(Step.Quiet.class);
      put(5);
      Step next = replay.next(TimeUnit.SECONDS.toNanos(20));
      assertThat(((Step.Found) next).record().offset()).isEqualTo(6);
      assertThat(rest(replay)).containsExactly(9L);
    }
    assertThat(asked).containsExactly("0..5", "5..10");
  }
}
