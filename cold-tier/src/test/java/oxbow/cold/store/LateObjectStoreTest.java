package oxbow.cold.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;

/** A store is opened when it is needed, and trusted once it has kept its word. */
class LateObjectStoreTest {
  private final MemoryObjectStore bucket = new MemoryObjectStore(InstantSource.system());
  private final AtomicInteger openings = new AtomicInteger();
  private final LateObjectStore late =
      new LateObjectStore(
          () -> {
            openings.incrementAndGet();
            return bucket;
          },
          "s3://bucket/");

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  @Test
  void nothingIsOpenedBeforeSomebodyAsks() {
    assertThat(late.location("a/b")).isEqualTo("s3://bucket/a/b");
    late.close();
    assertThat(openings).hasValue(0);
  }

  @Test
  void aStoreIsOpenedAndTriedOutOnce() {
    late.put("a", bytes("a"));
    late.put("b", bytes("b"));

    assertThat(openings).hasValue(1);
    assertThat(late.list("", "", 10))
        .extracting(ObjectStore.ObjectInfo::name)
        .containsExactly("a", "b");
  }

  @Test
  void aTrialThatFailsIsRepeatedByTheNextCall() {
    bucket.failNext(Request.PUT, StoreFault.BUSY);

    assertThatThrownBy(() -> late.find("a"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BUSY));

    assertThat(late.find("a")).isEmpty();
    assertThat(openings).hasValue(1);
    assertThat(bucket.list("", "", 10)).isEmpty();
  }

  @Test
  void aStoreWhoseWriterIsDeniedIsRefusedInWords() {
    bucket.failNext(Request.PUT, StoreFault.DENIED);

    assertThatThrownBy(() -> late.read("a"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
        .hasMessageStartingWith("s3://bucket/ can't be written: ");
  }

  @Test
  void aStoreWithoutConditionalWritesIsRefused() {
    var careless = new CarelessObjectStore(bucket);

    assertThatThrownBy(() -> StoreProbe.check(careless, "s3://careless/"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
        .hasMessageContaining("s3://careless/ makes an object anew that is there")
        .hasMessageContaining("If-None-Match");
    assertThat(bucket.list("", "", 10)).isEmpty();
  }
}
