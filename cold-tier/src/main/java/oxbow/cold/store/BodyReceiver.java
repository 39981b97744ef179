package oxbow.cold.store;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import oxbow.cold.store.StoreException.Kind;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Puts a body straight into one buffer of its length, and refuses one of any other. A whole object
 * is compared with the checksum that was written beside it: not every server keeps the one of S3's
 * own protocol.
 */
final class BodyReceiver implements AsyncResponseTransformer<GetObjectResponse, ByteBuffer> {
  /** Name of an object's metadata: CRC-32C as S3 spells it. */
  static final String CHECKSUM = "oxbow-crc32c";

  private static final int ANY_LENGTH = -1;

  private final String name;
  private final int expected;
  private final @Nullable ByteBuffer into;
  private CompletableFuture<ByteBuffer> received = new CompletableFuture<>();
  private ByteBuffer body = ByteBuffer.allocate(0);
  private @Nullable String checksum;

  private BodyReceiver(String name, int expected, @Nullable ByteBuffer into) {
    this.name = name;
    this.expected = expected;
    this.into = into;
  }

  static BodyReceiver ofObject(String name) {
    return new BodyReceiver(name, ANY_LENGTH, null);
  }

  static BodyReceiver ofRange(String name, int length) {
    return new BodyReceiver(name, length, null);
  }

  /** Fills memory of the caller's. A try that was given up may still write what it was sent. */
  static BodyReceiver ofRange(String name, ByteBuffer into) {
    return new BodyReceiver(name, into.remaining(), into);
  }

  @Override
  public CompletableFuture<ByteBuffer> prepare() {
    received = new CompletableFuture<>();
    return received;
  }

  @Override
  public void onResponse(GetObjectResponse response) {
    Long length = response.contentLength();
    if (length == null || length > Integer.MAX_VALUE - 8) {
      fail(Kind.INVALID, "has " + length + " bytes");
    } else if (expected != ANY_LENGTH && length != expected) {
      // A range that begins inside the object and ends behind it is answered with what there is.
      fail(Kind.INVALID, "has " + response.contentRange() + ", asked for " + expected);
    } else {
      body = into == null ? ByteBuffer.allocate(length.intValue()) : into.slice();
      checksum = expected == ANY_LENGTH ? response.metadata().get(CHECKSUM) : null;
    }
  }

  @Override
  public void onStream(SdkPublisher<ByteBuffer> publisher) {
    publisher.subscribe(new Receiver());
  }

  @Override
  public void exceptionOccurred(Throwable error) {
    received.completeExceptionally(error);
  }

  private boolean isDamaged() {
    if (checksum == null) return false;
    var crc = new CRC32C();
    crc.update(body.duplicate().flip());
    return !text(crc).equals(checksum);
  }

  /** As S3 spells it. */
  static String text(CRC32C crc) {
    byte[] bytes = ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
    return Base64.getEncoder().encodeToString(bytes);
  }

  private void fail(Kind kind, String what) {
    received.completeExceptionally(new StoreException(kind, name + " " + what));
  }

  private final class Receiver implements Subscriber<ByteBuffer> {
    private @Nullable Subscription subscription;

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      if (received.isDone()) given.cancel();
      else given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(ByteBuffer piece) {
      if (received.isDone()) return;
      if (piece.remaining() <= body.remaining()) {
        body.put(piece);
        return;
      }
      fail(Kind.CORRUPT, "sent more than it said");
      if (subscription != null) subscription.cancel();
    }

    @Override
    public void onError(Throwable error) {
      received.completeExceptionally(error);
    }

    @Override
    public void onComplete() {
      if (body.hasRemaining()) {
        fail(Kind.BUSY, "ended " + body.remaining() + " bytes too early");
      } else if (isDamaged()) {
        fail(Kind.CORRUPT, "is not what was written");
      } else {
        received.complete(body.flip());
      }
    }
  }
}
