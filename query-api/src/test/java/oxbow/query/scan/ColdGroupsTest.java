package oxbow.query.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.TableColumns;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.query.scan.ScanPlan.Bounds;
import oxbow.query.scan.ScanPlan.Piece;

/** Who fetches from a store that hangs, when nobody wants to know any more. */
@Timeout(60)
class ColdGroupsTest {
  private static final int FILES = 20;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);
  private final AtomicInteger reading = new AtomicInteger();

  @Test
  void closingWaitsForThoseWhoFetch() throws Exception {
    ColdGroups groups = groups((_, _) -> hang());
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

    groups.close();

    assertThat(reading.get()).isZero();
    assertThat(groups.next()).isNull();
  }

  @Test
  void aStoreThatIsDeafIsLeftAlone() throws Exception {
    ColdGroups groups = groups((_, _) -> deaf());
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    long begin = System.nanoTime();

    groups.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    assertThat(groups.next()).isNull();
    answer.countDown();
  }

  @Test
  void aFailureIsToldToWhoeverWaits() {
    ColdGroups groups =
        groups((_, _) -> {
          throw new StoreException(Kind.BUSY, "away");
        });

    assertThatThrownBy(groups::next).isInstanceOf(StoreException.class).hasMessage("away");
    groups.close();
  }

  /** Ends, a moment later, once it is interrupted. */
  private ByteBuffer hang() {
    reading.incrementAndGet();
    asked.countDown();
    try {
      answer.await();
      throw new AssertionError("nobody answers");
    } catch (InterruptedException e) {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
      while (System.nanoTime() < until) Thread.onSpinWait();
      throw new StoreException(Kind.BUSY, "interrupted", e);
    } finally {
      reading.decrementAndGet();
    }
  }

  private ByteBuffer deaf() {
    asked.countDown();
    boolean isInterrupted = false;
    while (answer.getCount() > 0) {
      try {
        answer.await();
      } catch (InterruptedException _) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) Thread.currentThread().interrupt();
    throw new StoreException(Kind.BUSY, "too late");
  }

  private static ColdGroups groups(RangeSource source) {
    var columns =
        new ColdColumns(
            file -> {
              throw new AssertionError("read as batches: " + file);
            },
            _ -> source,
            new RangeCache(1 << 20),
            new RangeCache.Traffic(),
            1 << 20);
    return new ColdGroups(
        columns,
        IntStream.range(0, FILES).mapToObj(ColdGroupsTest::piece).toList(),
        new ColumnTree(TableColumns.EMPTY),
        List.of(),
        Map.of(),
        () -> false,
        new LongAdder());
  }

  private static Piece.Cold piece(int number) {
    long base = number * 10L;
    var file =
        new ColdFile(
            "file-" + number,
            Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"),
            0,
            ColdFormat.PARQUET,
            base,
            base + 10,
            10,
            1000,
            0,
            0,
            100,
            0,
            1000);
    return new Piece.Cold(0, new Bounds(base, base + 10), file);
  }
}
