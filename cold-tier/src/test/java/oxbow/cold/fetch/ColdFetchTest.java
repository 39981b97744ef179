package oxbow.cold.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.cold.testing.ColdFiles.ORDERS_0;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import oxbow.cold.file.ColdFile;
import oxbow.cold.store.Request;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.Manifest;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.RawFiles;
import oxbow.cold.testing.StoreFault;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.EpochEnd;
import oxbow.log.LogException;
import oxbow.log.ReadLimit;

class ColdFetchTest {
  private static final int ONE_BATCH = 1;
  private static final FetchBounds BOUNDS =
      new FetchBounds(2, 2, 1, 1 << 20, 1 << 20, 1 << 20, 4, 0, Duration.ofHours(1));

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private final ReadCounters counters = new ReadCounters();
  private final List<ColdFile> table = new ArrayList<>();
  private ColdFetch fetch = open(BOUNDS);

  @BeforeEach
  void fill() {
    table.add(RawFiles.write(store, ORDERS_0, 1, 0, 10, 20));
    table.add(RawFiles.write(store, ORDERS_0, 2, 30, 40, 70));
  }

  @AfterEach
  void close() {
    fetch.close();
  }

  private ColdFetch open(FetchBounds bounds) {
    var manifests =
        new Manifests(_ -> new Manifest(table), bounds.manifestAge().toNanos(), System::nanoTime);
    return new ColdFetch(manifests, store, RawFiles::open, bounds, counters);
  }

  @Test
  void aReaderThatGoesOnGetsEveryBatchOfEveryFileOnce() {
    List<Long> offsets = new ArrayList<>();
    for (Optional<RecordBatch> next = read(0); next.isPresent(); ) {
      offsets.add(next.get().baseOffset());
      next = read(next.get().nextOffset());
    }

    assertThat(offsets).containsExactly(0L, 10L, 20L, 30L, 40L, 70L);
  }

  @Test
  void whatWasCommittedBehindOurBackIsFoundBeforeItIsSaidToBeNowhere() {
    assertThat(read(0)).isPresent(); // the files are known now
    table.add(RawFiles.write(store, ORDERS_0, 3, 100, 110));

    assertThat(read(105)).map(RecordBatch::baseOffset).contains(100L);
  }

  @Test
  void anOffsetInsideABatchIsServedByThatBatch() {
    assertThat(read(15)).map(RecordBatch::baseOffset).contains(10L);
  }

  @Test
  void anOffsetThatIsGoneIsServedByTheNextBatch() {
    assertThat(read(55)).map(RecordBatch::baseOffset).contains(70L);
  }

  @Test
  void nothingIsServedBehindTheLastFile() {
    assertThat(read(80)).isEmpty();
  }

  @Test
  void whatWasBroughtBackTogetherIsFetchedOnce() {
    fetch.close();
    fetch =
        open(new FetchBounds(2, 2, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4, 0, Duration.ofHours(1)));
    for (long offset = 0; offset < 30; offset += 10) assertThat(read(offset)).isPresent();

    assertThat(store.requests(Request.GET)).isEqualTo(3); // each of three batches
    assertThat(counters.chunkHits.sum()).isEqualTo(2);
  }

  @Test
  void whatAReaderWillWantNextIsOnItsWay() throws InterruptedException {
    fetch.close();
    fetch = open(new FetchBounds(2, 8, 1, 1 << 20, 1 << 20, 1 << 20, 4, 2, Duration.ofHours(1)));

    assertThat(read(0)).isPresent();

    assertThat(fetches(3)).isTrue();
  }

  @Test
  void whoReadsOnFindsTheNextBatchesBroughtBack() {
    // Given
    fetch.close();
    fetch = open(new FetchBounds(2, 8, 1, 1 << 20, 1 << 20, 1 << 20, 4, 2, Duration.ofHours(1)));
    assertThat(read(0)).isPresent();
    assertThat(counters.chunkHits.sum()).isZero();
    // When
    assertThat(read(10)).isPresent();
    // Then
    long hits = counters.chunkHits.sum();
    assertThat(read(20)).map(RecordBatch::baseOffset).contains(20L);
    assertThat(read(30)).map(RecordBatch::baseOffset).contains(30L);
    assertThat(counters.chunkHits.sum() - hits).isEqualTo(2);
  }

  @Test
  void theTableIsNotAskedAnewForWhatNobodyAskedFor() {
    fetch.close();
    var asked = new AtomicInteger();
    var manifests =
        new Manifests(
            _ -> {
              asked.incrementAndGet();
              return new Manifest(table);
            },
            Long.MAX_VALUE,
            System::nanoTime);
    var bounds = new FetchBounds(2, 8, 1, 1 << 20, 1 << 20, 1 << 20, 4, 2, Duration.ofHours(1));
    fetch = new ColdFetch(manifests, store, RawFiles::open, bounds, counters);
    for (long offset : new long[] {0, 10, 20, 30, 40, 70}) assertThat(read(offset)).isPresent();

    assertThat(read(80)).as("waits for what was begun ahead of it").isEmpty();

    assertThat(asked.get()).isEqualTo(2);
  }

  private boolean fetches(int count) throws InterruptedException {
    var poll = new CountDownLatch(1);
    for (int i = 0; i < 500 && counters.fetches.sum() < count; i++) {
      if (poll.await(10, TimeUnit.MILLISECONDS)) break;
    }
    return counters.fetches.sum() >= count;
  }

  @Test
  void aFileThatWasReplacedIsLookedForAnew() {
    assertThat(read(0)).isPresent();
    ColdFile old = table.getFirst();
    store.delete(List.of(old.name()));
    table.set(0, RawFiles.write(store, ORDERS_0, 1, 0, 10));

    assertThat(read(10)).map(RecordBatch::baseOffset).contains(10L);
  }

  @Test
  void aStoreThatIsAwayIsToldAsALogThatIsOffline() {
    store.failNext(Request.GET, StoreFault.BUSY);

    assertThatThrownBy(() -> read(0))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            LogException.class, e -> assertThat(e.kind()).isEqualTo(LogException.Kind.OFFLINE));
    assertThat(read(0)).isPresent();
    assertThat(counters.failures.sum()).isEqualTo(1);
  }

  @Test
  void bytesThatMakeNoSenseAreFetchedOnceMore() {
    var opened = new AtomicInteger();
    fetch.close();
    var manifests = new Manifests(_ -> new Manifest(table), Long.MAX_VALUE, System::nanoTime);
    fetch =
        new ColdFetch(
            manifests,
            store,
            (file, source) -> {
              assertThat(source.read(0, 4).remaining()).isEqualTo(4);
              if (opened.incrementAndGet() == 1) {
                throw new StoreException(StoreException.Kind.CORRUPT, "damaged on its way");
              }
              return RawFiles.open(file, source);
            },
            BOUNDS,
            counters);

    assertThat(read(0)).map(RecordBatch::baseOffset).contains(0L);

    assertThat(opened.get()).isGreaterThan(1);
    assertThat(counters.failures.sum()).isZero();
    assertThat(counters.rangeHits.sum()).isZero();
  }

  @Test
  void readsBeyondTheBoundAreRefusedAndTheOthersServed() throws InterruptedException {
    var arrived = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    fetch.close();
    var manifests = new Manifests(_ -> new Manifest(table), Long.MAX_VALUE, System::nanoTime);
    fetch =
        new ColdFetch(
            manifests,
            store,
            (file, source) -> {
              arrived.countDown();
              await(go);
              return RawFiles.open(file, source);
            },
            new FetchBounds(1, 1, 1, 1, 1, 1, 4, 0, Duration.ofHours(1)),
            counters);

    var running = fetch.read(ORDERS_0, 0, ONE_BATCH, ReadLimit.HIGH_WATERMARK);
    arrived.await();
    var queued = fetch.read(ORDERS_0, 30, ONE_BATCH, ReadLimit.HIGH_WATERMARK);
    var refused = fetch.read(ORDERS_0, 0, ONE_BATCH, ReadLimit.HIGH_WATERMARK);
    go.countDown();

    assertThatThrownBy(refused::join).cause().isInstanceOf(LogException.class);
    assertThat(running.join()).isPresent();
    assertThat(queued.join()).isPresent();
    assertThat(counters.refusals.sum()).isEqualTo(1);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void timesAreFoundInTheFirstFileThatHasThem() {
    assertThat(fetch.find(ORDERS_0, 33, 0, 80).join()).map(found -> found.offset()).contains(33L);
    assertThat(fetch.find(ORDERS_0, 5, 12, 80).join()).map(found -> found.offset()).contains(12L);
    assertThat(fetch.find(ORDERS_0, 33, 0, 20).join()).isEmpty();
    assertThat(fetch.findMaxTimestamp(ORDERS_0, 0, 80).join())
        .map(found -> found.offset())
        .contains(79L);
    assertThat(fetch.findMaxTimestamp(ORDERS_0, 0, 25).join())
        .map(found -> found.offset())
        .contains(24L);
  }

  @Test
  void epochsEndWhereTheLastOfTheirBatchesDoes() {
    assertThat(fetch.endOf(ORDERS_0, 0).join()).isEmpty();
    assertThat(fetch.endOf(ORDERS_0, 1).join()).contains(new EpochEnd(1, 30));
    assertThat(fetch.endOf(ORDERS_0, 9).join()).contains(new EpochEnd(2, 80));
  }

  private Optional<RecordBatch> read(long offset) {
    Optional<ColdBatches> found =
        fetch.read(ORDERS_0, offset, ONE_BATCH, ReadLimit.HIGH_WATERMARK).join();
    return found.map(batches -> {
      ByteBuffer copy = ByteBuffer.allocate(batches.bytes().remaining()).put(batches.bytes());
      batches.release();
      RecordBatch batch = MemoryRecords.readableRecords(copy.flip()).batches().iterator().next();
      batch.ensureValid();
      return batch;
    });
  }
}
