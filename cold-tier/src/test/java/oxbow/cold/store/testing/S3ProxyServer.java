package oxbow.cold.store.testing;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.S3Config.Keys;
import oxbow.cold.store.StoreListener;
import oxbow.cold.store.TestS3;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * S3Proxy in this process, with objects in memory. Its jar holds other versions of libraries that
 * we use, so it lives in a class loader that sees nothing but the JDK and itself.
 */
public final class S3ProxyServer implements AutoCloseable {
  public static final Keys KEYS = new Keys("test-access-key", "test-secret-key");
  public static final String BUCKET = "bucket";

  /** Where the build of the cold tier puts it, seen from this module and from others. */
  private static final List<Path> JARS =
      Stream.of("", "../cold-tier", "../../cold-tier")
          .map(module -> Path.of(module, "target", "s3proxy", "s3proxy.jar"))
          .toList();

  private static final String SINGLE_PUT_BYTES = Integer.toString(256 << 20);

  private final URLClassLoader loader;
  private final Object server;
  private final URI endpoint;
  private final AtomicInteger prefixes = new AtomicInteger();

  private S3ProxyServer(URLClassLoader loader, Object server, URI endpoint) {
    this.loader = loader;
    this.server = server;
    this.endpoint = endpoint;
  }

  public static S3ProxyServer start() throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader ours = thread.getContextClassLoader();
    var loader =
        new URLClassLoader(new URL[] {jar().toUri().toURL()}, ClassLoader.getPlatformClassLoader());
    System.setProperty("LOG_LEVEL", "error");
    System.setProperty(
        "logback.statusListenerClass", "ch.qos.logback.core.status.NopStatusListener");
    thread.setContextClassLoader(loader);
    try {
      Object server = build(loader);
      server.getClass().getMethod("start").invoke(server);
      int port = (int) server.getClass().getMethod("getPort").invoke(server);
      URI endpoint = URI.create("http://127.0.0.1:" + port);
      makeBucket(endpoint, KEYS, BUCKET);
      return new S3ProxyServer(loader, server, endpoint);
    } finally {
      thread.setContextClassLoader(ours);
      System.clearProperty("LOG_LEVEL");
      System.clearProperty("logback.statusListenerClass");
    }
  }

  private static Path jar() {
    return JARS.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("build cold-tier first: no " + JARS));
  }

  /** Makes a bucket, of this server or another. */
  public static void makeBucket(URI endpoint, Keys keys, String bucket) {
    var credentials = AwsBasicCredentials.create(keys.accessKey(), keys.secretKey());
    try (S3AsyncClient client =
        S3AsyncClient.builder()
            .endpointOverride(endpoint)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .build()) {
      client.createBucket(request -> request.bucket(bucket)).join();
    }
  }

  private static Object build(ClassLoader loader) throws ReflectiveOperationException {
    Properties properties = new Properties();
    properties.put("s3proxy.endpoint", "http://127.0.0.1:0");
    properties.put("s3proxy.authorization", "aws-v2-or-v4");
    properties.put("s3proxy.identity", KEYS.accessKey());
    properties.put("s3proxy.credential", KEYS.secretKey());
    properties.put("s3proxy.v4-max-non-chunked-request-size", SINGLE_PUT_BYTES);
    Class<?> builderClass = loader.loadClass("org.gaul.s3proxy.S3Proxy$Builder");
    Object builder =
        builderClass.getMethod("fromProperties", Properties.class).invoke(null, properties);
    Class<?> stores = loader.loadClass("org.gaul.s3proxy.BlobStores");
    var create = stores.getDeclaredMethod("create", String.class, Properties.class);
    create.setAccessible(true);
    Object objects = create.invoke(null, "transient-nio2", properties);
    Class<?> storeClass = loader.loadClass("org.gaul.s3proxy.blobstore.BlobStore");
    builderClass.getMethod("blobStore", storeClass).invoke(builder, objects);
    return builderClass.getMethod("build").invoke(builder);
  }

  public URI endpoint() {
    return endpoint;
  }

  /** A place in the bucket where nothing is yet. */
  public String emptyPrefix() {
    return "test-" + prefixes.getAndIncrement() + "/";
  }

  /** A store with nothing in it, as the product opens it. */
  public ObjectStore openEmpty() {
    return openEmpty(endpoint);
  }

  /** The same through something that stands before this server. */
  public ObjectStore openEmpty(URI through) {
    return TestS3.retrying(TestS3.config(through, KEYS, BUCKET, emptyPrefix()), StoreListener.NONE);
  }

  @Override
  public void close() throws ReflectiveOperationException, IOException {
    server.getClass().getMethod("stop").invoke(server);
    loader.close();
  }
}
