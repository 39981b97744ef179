package oxbow.cold.store;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;
import oxbow.log.NanoClock;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/**
 * A bucket of S3, or of a server that speaks as S3 does. Tries nothing again by itself, but for
 * parts of a large file: {@link RetryingObjectStore} does. Thread-safe.
 */
public final class S3ObjectStore implements ObjectStore {
  private static final int LIST_COUNT_MAX = 1000;
  private static final int DELETE_COUNT_MAX = 1000;
  private static final int IO_THREADS = 2;
  private static final int FILE_CHUNK_BYTES = 128 << 10;
  private static final int PART_ATTEMPTS = 3;
  private static final int CLOSE_QUIET_MS = 50;
  private static final int CLOSE_MS_MAX = 5000;

  /** S3 takes this many parts of one object, so those of a larger file are larger. */
  private static final int PARTS_MAX = 10_000;

  private final S3Config config;
  private final S3AsyncClient client;
  private final SdkAsyncHttpClient http;
  private final EventLoopGroup loops;
  private final StoreListener listener;
  private final NanoClock nanos;
  private final InstantSource clock;

  private S3ObjectStore(
      S3Config config,
      S3AsyncClient client,
      SdkAsyncHttpClient http,
      EventLoopGroup loops,
      StoreListener listener,
      NanoClock nanos,
      InstantSource clock) {
    this.config = config;
    this.client = client;
    this.http = http;
    this.loops = loops;
    this.listener = listener;
    this.nanos = nanos;
    this.clock = clock;
  }

  /** Makes a client; asks nothing of the bucket yet. */
  public static S3ObjectStore open(
      S3Config config, StoreListener listener, NanoClock nanos, InstantSource clock) {
    ThreadFactory threads = Thread.ofPlatform().daemon().name("cold-s3-", 0).factory();
    EventLoopGroup loops = loops(threads);
    SdkAsyncHttpClient http =
        NettyNioAsyncHttpClient.builder()
            .maxConcurrency(config.connectionsMax())
            .maxPendingConnectionAcquires(Integer.MAX_VALUE)
            .connectionTimeout(config.connectTimeout())
            .connectionAcquisitionTimeout(config.requestTimeout())
            .readTimeout(config.requestTimeout())
            .writeTimeout(config.requestTimeout())
            .eventLoopGroup(SdkEventLoopGroup.create(loops, NioSocketChannel::new))
            .build();
    var builder =
        S3AsyncClient.builder()
            .forcePathStyle(config.isPathStyle())
            .credentialsProvider(S3Credentials.provider(config.credentials(), nanos))
            .multipartEnabled(false)
            .httpClient(http)
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(
                config.checksums()
                    ? ResponseChecksumValidation.WHEN_SUPPORTED
                    : ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(override ->
                override
                    .retryStrategy(AwsRetryStrategy.doNotRetry())
                    .apiCallTimeout(config.requestTimeout()))
            // Callers wait in threads of their own; a pool between would only pass them on.
            .asyncConfiguration(async ->
                async.advancedOption(
                    SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run));
    config.endpoint().ifPresent(builder::endpointOverride);
    config.region().map(Region::of).ifPresent(builder::region);
    boolean isOpen = false;
    try {
      var store = new S3ObjectStore(config, builder.build(), http, loops, listener, nanos, clock);
      isOpen = true;
      return store;
    } catch (SdkException e) {
      throw S3Failures.of("open " + config.bucket(), e, Kind.BUSY);
    } finally {
      if (!isOpen) {
        http.close();
        var _ = loops.shutdownGracefully(0, CLOSE_MS_MAX, TimeUnit.MILLISECONDS);
      }
    }
  }

  @SuppressWarnings("deprecation") // the SDK knows event loops by the classes of Netty 4.1
  private static EventLoopGroup loops(ThreadFactory threads) {
    return new NioEventLoopGroup(IO_THREADS, threads);
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return put(name, body, Kind.BUSY, request -> {});
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    return put(name, body, Kind.OUTCOME_UNKNOWN, request -> request.ifNoneMatch("*"));
  }

  private ObjectInfo put(
      String name, ByteBuffer body, Kind unanswered, Consumer<PutObjectRequest.Builder> condition) {
    var request = PutObjectRequest.builder().bucket(config.bucket()).key(key(name));
    encrypt(request);
    String checksum = checksum(body);
    if (config.checksums()) request.checksumCRC32C(checksum);
    request.metadata(Map.of(BodyReceiver.CHECKSUM, checksum));
    condition.accept(request);
    // S3 keeps the time of writing for itself; ours is near enough, and reading tells the store's.
    long now = clock.millis();
    ask(
        Request.PUT,
        name,
        body.remaining(),
        unanswered,
        () ->
            client.putObject(
                request.build(), AsyncRequestBody.fromRemainingByteBufferUnsafe(body.slice())));
    return new ObjectInfo(name, body.remaining(), now);
  }

  private void encrypt(PutObjectRequest.Builder request) {
    switch (config.encryption()) {
      case S3Config.Encryption.BucketDefault() -> {}
      case S3Config.Encryption.Aes256() ->
          request.serverSideEncryption(ServerSideEncryption.AES256);
      case S3Config.Encryption.Kms(Optional<String> keyId) -> {
        request.serverSideEncryption(ServerSideEncryption.AWS_KMS);
        keyId.ifPresent(request::ssekmsKeyId);
      }
    }
  }

  private static String checksum(ByteBuffer body) {
    var crc = new CRC32C();
    crc.update(body.slice());
    return BodyReceiver.text(crc);
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    try (FileChannel file = FileChannel.open(body, StandardOpenOption.READ)) {
      long size = file.size();
      if (size > config.partBytes()) return putInParts(name, body, file);
      ByteBuffer whole = ByteBuffer.allocate((int) size);
      readFully(file, whole, 0);
      return put(name, whole.flip());
    } catch (IOException e) {
      throw new StoreException(Kind.INVALID, "can't read " + body, e);
    }
  }

  private static void readFully(FileChannel file, ByteBuffer to, long position) throws IOException {
    long at = position;
    while (to.hasRemaining()) {
      int read = file.read(to, at);
      if (read < 0) throw new IOException("it became shorter while it was read");
      at += read;
    }
  }

  private ObjectInfo putInParts(String name, Path body, FileChannel file) throws IOException {
    long now = clock.millis();
    String upload = beginUpload(name);
    boolean isDone = false;
    try {
      List<CompletedPart> parts = new Upload(name, upload, body, file).run();
      complete(name, upload, parts, file.size());
      isDone = true;
    } finally {
      if (!isDone) abort(key(name), upload);
    }
    return new ObjectInfo(name, file.size(), now);
  }

  private String beginUpload(String name) {
    return ask(
            Request.MULTIPART,
            name,
            0,
            Kind.BUSY,
            () ->
                client.createMultipartUpload(request -> {
                  request.bucket(config.bucket()).key(key(name));
                  if (config.checksums()) {
                    request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
                  }
                  switch (config.encryption()) {
                    case S3Config.Encryption.BucketDefault() -> {}
                    case S3Config.Encryption.Aes256() ->
                        request.serverSideEncryption(ServerSideEncryption.AES256);
                    case S3Config.Encryption.Kms(Optional<String> keyId) -> {
                      request.serverSideEncryption(ServerSideEncryption.AWS_KMS);
                      keyId.ifPresent(request::ssekmsKeyId);
                    }
                  }
                }))
        .uploadId();
  }

  /** One file on its way, some parts at a time. One thread. */
  private final class Upload {
    private final String name;
    private final String upload;
    private final Path body;
    private final FileChannel file;
    private final long size;
    private final long partBytes;

    Upload(String name, String upload, Path body, FileChannel file) throws IOException {
      this.name = name;
      this.upload = upload;
      this.body = body;
      this.file = file;
      this.size = file.size();
      this.partBytes = Math.max(config.partBytes(), (size + PARTS_MAX - 1) / PARTS_MAX);
    }

    List<CompletedPart> run() throws IOException {
      int count = (int) ((size + partBytes - 1) / partBytes);
      List<Part> started = new ArrayList<>();
      List<CompletedPart> completed = new ArrayList<>();
      try {
        for (int number = 1; number <= count; number++) {
          started.add(start(number));
          int oldest = completed.size();
          if (started.size() - oldest >= config.partsAtOnce()) {
            completed.add(finish(started.get(oldest)));
          }
        }
        while (completed.size() < count) completed.add(finish(started.get(completed.size())));
        return completed;
      } finally {
        for (Part part : started) part.answer().cancel(true);
      }
    }

    private Part start(int number) throws IOException {
      long position = (number - 1) * partBytes;
      long length = Math.min(partBytes, size - position);
      var request =
          UploadPartRequest.builder()
              .bucket(config.bucket())
              .key(key(name))
              .uploadId(upload)
              .partNumber(number)
              .contentLength(length);
      String checksum = config.checksums() ? checksum(position, length) : null;
      if (checksum != null) request.checksumCRC32C(checksum);
      return sent(number, request.build(), position, length, checksum);
    }

    private Part sent(
        int number,
        UploadPartRequest request,
        long position,
        long length,
        @Nullable String checksum) {
      AsyncRequestBody content =
          AsyncRequestBody.fromFile(part ->
              part.path(body)
                  .position(position)
                  .numBytesToRead(length)
                  .chunkSizeInBytes(FILE_CHUNK_BYTES));
      long start = nanos.nanos();
      CompletableFuture<String> answer =
          client
              .uploadPart(request, content)
              .whenComplete((_, failure) -> told(Request.PUT, failure, length, start))
              .thenApply(response -> response.eTag());
      return new Part(number, request, position, length, checksum, answer);
    }

    private CompletedPart finish(Part first) {
      Part part = first;
      for (int attempt = 1; ; attempt++) {
        try {
          String tag = await(part.answer(), name, Kind.BUSY);
          return CompletedPart.builder()
              .partNumber(part.number())
              .eTag(tag)
              .checksumCRC32C(part.checksum())
              .build();
        } catch (StoreException e) {
          boolean isPassing = e.kind() == Kind.BUSY || e.kind() == Kind.CORRUPT;
          if (!isPassing || attempt == PART_ATTEMPTS || Thread.currentThread().isInterrupted()) {
            throw e;
          }
          listener.retried(e.kind());
          part =
              sent(part.number(), part.request(), part.position(), part.length(), part.checksum());
        }
      }
    }

    private String checksum(long position, long length) throws IOException {
      var crc = new CRC32C();
      ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(FILE_CHUNK_BYTES, length));
      for (long done = 0; done < length; done += chunk.limit()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), length - done));
        readFully(file, chunk, position + done);
        crc.update(chunk.flip());
      }
      return BodyReceiver.text(crc);
    }
  }

  /** A part under way. */
  private record Part(
      int number,
      UploadPartRequest request,
      long position,
      long length,
      @Nullable String checksum,
      CompletableFuture<String> answer) {}

  private void complete(String name, String upload, List<CompletedPart> parts, long size) {
    try {
      ask(
          Request.MULTIPART,
          name,
          0,
          Kind.OUTCOME_UNKNOWN,
          () ->
              client.completeMultipartUpload(request ->
                  request
                      .bucket(config.bucket())
                      .key(key(name))
                      .uploadId(upload)
                      .multipartUpload(all -> all.parts(parts))));
    } catch (StoreException e) {
      // The same file has the same parts, so it is this upload or one as good that is there.
      boolean mayBeThere = e.kind() == Kind.OUTCOME_UNKNOWN || e.kind() == Kind.NOT_FOUND;
      if (!mayBeThere || find(name).filter(there -> there.bytes() == size).isEmpty()) {
        throw e.kind() == Kind.NOT_FOUND
            ? new StoreException(Kind.BUSY, "S3 forgot the upload of " + name, e)
            : e;
      }
    }
  }

  private void abort(String key, String upload) {
    try {
      ask(
          Request.MULTIPART,
          key,
          0,
          Kind.BUSY,
          () ->
              client.abortMultipartUpload(
                  request -> request.bucket(config.bucket()).key(key).uploadId(upload)));
    } catch (StoreException _) {
      // removeLeftovers finds it; what made the upload fail is the better exception.
    }
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    try {
      HeadObjectResponse head =
          ask(
              Request.HEAD,
              name,
              0,
              Kind.BUSY,
              () -> client.headObject(request -> request.bucket(config.bucket()).key(key(name))));
      return Optional.of(
          new ObjectInfo(name, head.contentLength(), head.lastModified().toEpochMilli()));
    } catch (StoreException e) {
      if (e.kind() == Kind.NOT_FOUND) return Optional.empty();
      throw e;
    }
  }

  @Override
  public ByteBuffer read(String name) {
    return ask(
        Request.GET,
        name,
        0,
        Kind.BUSY,
        () ->
            client.getObject(
                request -> request.bucket(config.bucket()).key(key(name)),
                BodyReceiver.ofObject(name)));
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    if (position < 0 || length < 0) throw outside(name, position, length);
    if (length == 0) {
      // HTTP has no empty ranges.
      ObjectInfo object =
          find(name)
              .orElseThrow(() -> new StoreException(Kind.NOT_FOUND, "there is no object " + name));
      if (position > object.bytes()) throw outside(name, position, length);
      return ByteBuffer.allocate(0);
    }
    return range(name, position, length, BodyReceiver.ofRange(name, length));
  }

  /** No memory of its own for each: those of row groups would fill the heap. */
  @Override
  public void read(String name, long position, ByteBuffer into) {
    int length = into.remaining();
    if (position < 0) throw outside(name, position, length);
    ByteBuffer _ =
        length == 0
            ? read(name, position, 0)
            : range(name, position, length, BodyReceiver.ofRange(name, into));
  }

  private ByteBuffer range(String name, long position, int length, BodyReceiver receiver) {
    String range = "bytes=" + position + "-" + (position + length - 1);
    return ask(
        Request.GET,
        name,
        0,
        Kind.BUSY,
        () ->
            client.getObject(
                request -> request.bucket(config.bucket()).key(key(name)).range(range), receiver));
  }

  private static StoreException outside(String name, long position, int length) {
    return new StoreException(Kind.INVALID, "no range of " + name + ": " + position + "+" + length);
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    List<ObjectInfo> found = new ArrayList<>();
    String last = after;
    while (found.size() < countMax) {
      ListObjectsV2Response page = page(prefix, last, countMax - found.size());
      for (S3Object object : page.contents()) {
        last = object.key().substring(config.prefix().length());
        if (ObjectNames.isLegal(last)) {
          found.add(new ObjectInfo(last, object.size(), object.lastModified().toEpochMilli()));
        }
      }
      if (!Boolean.TRUE.equals(page.isTruncated()) || page.contents().isEmpty()) break;
    }
    return found;
  }

  private ListObjectsV2Response page(String prefix, String after, int countMax) {
    return ask(
        Request.LIST,
        prefix,
        0,
        Kind.BUSY,
        () ->
            client.listObjectsV2(request -> {
              request
                  .bucket(config.bucket())
                  .prefix(config.prefix() + prefix)
                  .maxKeys(Math.min(countMax, LIST_COUNT_MAX));
              if (!after.isEmpty()) request.startAfter(config.prefix() + after);
            }));
  }

  @Override
  public void delete(Collection<String> names) {
    List<ObjectIdentifier> keys = new ArrayList<>();
    for (String name : names) keys.add(ObjectIdentifier.builder().key(key(name)).build());
    for (int from = 0; from < keys.size(); from += DELETE_COUNT_MAX) {
      List<ObjectIdentifier> batch =
          keys.subList(from, Math.min(keys.size(), from + DELETE_COUNT_MAX));
      DeleteObjectsResponse answer =
          ask(
              Request.DELETE,
              batch.getFirst().key(),
              0,
              Kind.BUSY,
              () ->
                  client.deleteObjects(request ->
                      request
                          .bucket(config.bucket())
                          .delete(list -> list.objects(batch).quiet(true))));
      for (S3Error error : answer.errors()) {
        if (error.code().equals("NoSuchKey")) continue;
        throw new StoreException(
            error.code().equals("AccessDenied") ? Kind.DENIED : Kind.BUSY,
            "S3 didn't delete " + error.key() + ": " + error.message());
      }
    }
  }

  @Override
  public String location(String name) {
    return "s3://" + config.bucket() + "/" + key(name);
  }

  /** Aborts uploads in parts that nobody completes: they are billed until then. */
  @Override
  public int removeLeftovers(Duration age) {
    ListMultipartUploadsResponse uploads =
        ask(
            Request.LIST,
            config.prefix(),
            0,
            Kind.BUSY,
            () ->
                client.listMultipartUploads(
                    request -> request.bucket(config.bucket()).prefix(config.prefix())));
    int removed = 0;
    for (MultipartUpload upload : uploads.uploads()) {
      if (upload.initiated().isAfter(clock.instant().minus(age))) continue;
      abort(upload.key(), upload.uploadId());
      removed++;
    }
    return removed;
  }

  private String key(String name) {
    ObjectNames.check(name);
    return config.prefix() + name;
  }

  private <T> T ask(
      Request request,
      String name,
      long bytes,
      Kind unanswered,
      Supplier<CompletableFuture<T>> call) {
    long start = nanos.nanos();
    CompletableFuture<T> answer;
    try {
      answer = call.get();
    } catch (SdkException e) {
      throw S3Failures.of(request + " " + name, e, unanswered);
    }
    @Nullable StoreException failure = null;
    long moved = bytes;
    try {
      T result = await(answer, request + " " + name, unanswered);
      if (result instanceof ByteBuffer body) moved = body.remaining();
      return result;
    } catch (StoreException e) {
      failure = e;
      throw e;
    } finally {
      listener.finished(
          request, failure == null ? null : failure.kind(), moved, nanos.nanos() - start);
    }
  }

  private void told(Request request, @Nullable Throwable failure, long bytes, long start) {
    Kind kind = failure == null ? null : S3Failures.of("part", failure, Kind.BUSY).kind();
    listener.finished(request, kind, bytes, nanos.nanos() - start);
  }

  private static <T> T await(CompletableFuture<T> answer, String what, Kind unanswered) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw S3Failures.of(what, e, unanswered);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new StoreException(unanswered, "interrupted: " + what, e);
    }
  }

  @Override
  public void close() {
    client.close();
    http.close();
    // Connections are given back a moment after; they belong to nobody else.
    loops
        .shutdownGracefully(CLOSE_QUIET_MS, CLOSE_MS_MAX, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly();
  }
}
