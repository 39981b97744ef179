package oxbow.cold.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.ObjectStore.ObjectInfo;
import oxbow.cold.store.StoreException.Kind;

/** What every object store does alike: passed by the real ones and by the one of tests. */
abstract class ObjectStoreContract {
  @TempDir Path scratch;

  private ObjectStore store;

  /** A store with nothing in it. */
  abstract ObjectStore openEmpty();

  /** Sizes around which a store changes its ways. */
  int largeBytes() {
    return 3 << 20;
  }

  @BeforeEach
  void open() {
    store = openEmpty();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void objectIsReadAsItWasPut() {
    ObjectInfo put = store.put("a/b/c.parquet", bytes("some bytes"));

    assertThat(text(store.read("a/b/c.parquet"))).isEqualTo("some bytes");
    assertThat(put.name()).isEqualTo("a/b/c.parquet");
    assertThat(put.bytes()).isEqualTo(10);
    assertThat(store.find("a/b/c.parquet"))
        .hasValueSatisfying(found -> assertThat(found.bytes()).isEqualTo(10));
  }

  @Test
  void emptyObjectIsAnObject() {
    store.put("empty", bytes(""));

    assertThat(store.read("empty").remaining()).isZero();
    assertThat(store.read("empty", 0, 0).remaining()).isZero();
    assertThat(store.find("empty")).hasValueSatisfying(o -> assertThat(o.bytes()).isZero());
  }

  @Test
  void bodyIsLeftAsItWas() {
    ByteBuffer body = ByteBuffer.allocateDirect(16);
    body.put(bytes("..body..")).flip().position(2).limit(6);

    store.put("put", body);
    store.create("create", body);

    assertThat(text(store.read("put"))).isEqualTo("body");
    assertThat(text(store.read("create"))).isEqualTo("body");
    assertThat(body.position()).isEqualTo(2);
    assertThat(body.limit()).isEqualTo(6);
  }

  @Test
  void putReplaces() {
    store.put("name", bytes("old and long"));
    store.put("name", bytes("new"));

    assertThat(text(store.read("name"))).isEqualTo("new");
  }

  @Test
  void largeFileArrivesWhole() throws IOException {
    byte[] content = new byte[largeBytes() + 12_345];
    new Random(7).nextBytes(content);
    Path file = Files.write(scratch.resolve("large"), content);

    ObjectInfo put = store.put("large.parquet", file);

    assertThat(put.bytes()).isEqualTo(content.length);
    assertThat(array(store.read("large.parquet"))).isEqualTo(content);
    assertThat(array(store.read("large.parquet", content.length - 9, 9)))
        .isEqualTo(java.util.Arrays.copyOfRange(content, content.length - 9, content.length));
  }

  @Test
  void smallAndEmptyFilesArriveToo() throws IOException {
    store.put("small", Files.writeString(scratch.resolve("small"), "small"));
    store.put("empty", Files.writeString(scratch.resolve("empty"), ""));

    assertThat(text(store.read("small"))).isEqualTo("small");
    assertThat(store.read("empty").remaining()).isZero();
  }

  @Test
  void aRangeIsPutWhereTheCallerWantsItWhetherItWasAnnouncedOrNot() {
    // Given
    var content = new byte[700_000];
    new Random(42).nextBytes(content);
    store.put("noise", ByteBuffer.wrap(content));
    boolean _ = store.announce("noise", 1_000, 600_000);
    boolean _ = store.announce("nothing", 0, 10);
    var memory = new byte[600_010];
    ByteBuffer into = ByteBuffer.wrap(memory, 5, 600_000);
    // When
    store.read("noise", 1_000, into);
    // Then
    var expected = new byte[memory.length];
    System.arraycopy(content, 1_000, expected, 5, 600_000);
    assertThat(memory).isEqualTo(expected);
    assertThat(into.remaining()).isEqualTo(600_000);
    assertFails(Kind.INVALID, () -> store.read("noise", 200_000, into));
    assertFails(Kind.NOT_FOUND, () -> store.read("nothing", 0, into));
  }

  @Test
  void rangesAreExact() {
    store.put("digits", bytes("0123456789"));

    assertThat(text(store.read("digits", 0, 3))).isEqualTo("012");
    assertThat(text(store.read("digits", 7, 3))).isEqualTo("789");
    assertThat(text(store.read("digits", 0, 10))).isEqualTo("0123456789");
    assertThat(text(store.read("digits", 4, 0))).isEmpty();
    assertThat(text(store.read("digits", 10, 0))).isEmpty();
  }

  @Test
  void rangePastTheEndIsRefused() {
    store.put("digits", bytes("0123456789"));

    assertFails(Kind.INVALID, () -> store.read("digits", 8, 3));
    assertFails(Kind.INVALID, () -> store.read("digits", 10, 1));
    assertFails(Kind.INVALID, () -> store.read("digits", 11, 0));
    assertFails(Kind.INVALID, () -> store.read("digits", -1, 1));
    assertFails(Kind.INVALID, () -> store.read("digits", 0, -1));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThat(store.find("nothing/here")).isEmpty();
    assertFails(Kind.NOT_FOUND, () -> store.read("nothing/here"));
    assertFails(Kind.NOT_FOUND, () -> store.read("nothing/here", 0, 1));
  }

  @Test
  void creationNeverReplaces() {
    store.create("pointer", bytes("first"));

    assertFails(Kind.EXISTS, () -> store.create("pointer", bytes("second")));

    assertThat(text(store.read("pointer"))).isEqualTo("first");
  }

  @Test
  void creationAfterDeletionSucceeds() {
    store.create("a/pointer", bytes("first"));
    store.delete(List.of("a/pointer"));

    store.create("a/pointer", bytes("second"));

    assertThat(text(store.read("a/pointer"))).isEqualTo("second");
  }

  @Test
  void ofManyThatCreateAtOnceOneSucceeds() throws Exception {
    int writers = 8;
    int rounds = 10;
    try (var threads = Executors.newFixedThreadPool(writers)) {
      for (int round = 0; round < rounds; round++) {
        String name = "race/" + round + "/pointer.json";
        var start = new CyclicBarrier(writers);
        List<Callable<String>> tries = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
          String body = "writer " + writer;
          tries.add(() -> {
            start.await();
            return tryToCreate(name, body);
          });
        }
        List<String> winners = new ArrayList<>();
        for (var outcome : threads.invokeAll(tries)) {
          if (!outcome.get().isEmpty()) winners.add(outcome.get());
        }
        assertThat(winners).hasSize(1);
        assertThat(text(store.read(name))).isEqualTo(winners.getFirst());
      }
    }
  }

  private String tryToCreate(String name, String body) {
    while (true) {
      try {
        store.create(name, bytes(body));
        return body;
      } catch (StoreException e) {
        if (e.kind() == Kind.EXISTS) return "";
        // Of many at once a store may send some away.
        if (e.kind() != Kind.BUSY) throw e;
      }
    }
  }

  @Test
  void objectMayBeCalledAsADirectoryOfOthers() {
    if (!allowsNamesThatAreDirectories()) return;
    store.put("dd/e", bytes("below"));
    store.put("dd", bytes("the name itself"));
    store.put("x.json", bytes("a file"));
    store.put("x.json/y", bytes("below a file"));

    assertThat(text(store.read("dd"))).isEqualTo("the name itself");
    assertThat(text(store.read("dd/e"))).isEqualTo("below");
    assertThat(text(store.read("x.json/y"))).isEqualTo("below a file");
    assertThat(names("", "", 10)).containsExactly("dd", "dd/e", "x.json", "x.json/y");
  }

  /** Real stores do; some stand-ins for them don't. */
  boolean allowsNamesThatAreDirectories() {
    return true;
  }

  @Test
  void directoryIsNoObject() {
    store.put("dir/a", bytes("a"));

    assertThat(store.find("dir")).isEmpty();
    assertFails(Kind.NOT_FOUND, () -> store.read("dir"));
  }

  @Test
  void unusualNamesAreKept() {
    List<String> names =
        List.of(
            "%25/%-",
            "%unfinished/a b",
            "+ &?#=;:@$,!*'()[]{}|\\^~`\"<>",
            "...",
            "..a/b..",
            ".hidden",
            "a.b.json",
            "a.b.json2/c",
            "orders.v1/x",
            "äöü/\u4e2d\u6587");
    for (String name : names) store.put(name, bytes(name));

    assertThat(names("", "", 100)).containsExactlyElementsOf(names);
    for (String name : names) assertThat(text(store.read(name))).isEqualTo(name);
    store.delete(names);
    assertThat(names("", "", 100)).isEmpty();
  }

  @Test
  void listingIsInOrderOfUtf8() {
    if (!ordersAsUtf8()) return;
    store.put("\ud83d\ude00", bytes("beyond sixteen bits"));
    store.put("\uffee", bytes("within"));

    assertThat(names("", "", 10)).containsExactly("\uffee", "\ud83d\ude00");
    assertThat(names("", "\uffee", 10)).containsExactly("\ud83d\ude00");
  }

  /** S3 does; a stand-in of Java's compares strings as Java does. */
  boolean ordersAsUtf8() {
    return true;
  }

  @Test
  void longNamesAreKept() {
    // File systems that stand behind some stores end at 255 bytes.
    String part = "p".repeat(longPartChars());
    List<String> names =
        List.of(part + "-x", part + ".json", part + "/x", part + "0", part + "1/..." + part);
    for (String name : names) store.put(name, bytes(name));

    assertThat(names("", "", 100)).containsExactlyElementsOf(names);
    assertThat(names("ppp", names.get(1), 100)).containsExactlyElementsOf(names.subList(2, 5));
    for (String name : names) assertThat(text(store.read(name))).isEqualTo(name);
  }

  int longPartChars() {
    return 500;
  }

  @Test
  void namesThatNoStoreTakesAlikeAreRefused() {
    List<String> names =
        List.of(
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a/..",
            "a\nb",
            "a\0b",
            "\u007f",
            "\ud83d",
            "x".repeat(1025),
            "\u4e2d".repeat(342));
    for (String name : names) {
      assertFails(Kind.INVALID, () -> store.put(name, bytes("body")));
      assertFails(Kind.INVALID, () -> store.create(name, bytes("body")));
      assertFails(Kind.INVALID, () -> store.read(name));
      assertFails(Kind.INVALID, () -> store.read(name, 0, 1));
      assertFails(Kind.INVALID, () -> store.find(name));
      assertFails(Kind.INVALID, () -> store.delete(List.of(name)));
    }
  }

  @Test
  void listingIsInOrderOfBytesAndPaged() {
    List<String> names = List.of("a", "a-b", "a.b", "a/b", "a/b/c", "a/c", "a0", "b/a", "b/b");
    List<String> sorted =
        allowsNamesThatAreDirectories()
            ? names
            : names.stream().filter(name -> !List.of("a", "a/b").contains(name)).toList();
    for (String name : sorted.reversed()) store.put(name, bytes(name));

    List<String> paged = new ArrayList<>();
    for (List<String> page = names("", "", 2); !page.isEmpty(); ) {
      assertThat(page).hasSizeLessThanOrEqualTo(2);
      paged.addAll(page);
      page = names("", page.getLast(), 2);
    }

    assertThat(paged).isEqualTo(sorted);
    assertThat(names("", "", 100)).isEqualTo(sorted);
  }

  @Test
  void listingTakesAnyPrefixAndAnyBeginning() {
    for (String name : List.of("a/x", "ab", "abc/d", "abd", "b")) store.put(name, bytes(name));

    assertThat(names("ab", "", 10)).containsExactly("ab", "abc/d", "abd");
    assertThat(names("ab", "abb", 10)).containsExactly("abc/d", "abd");
    assertThat(names("abc/", "a", 10)).containsExactly("abc/d");
    assertThat(names("a", "b", 10)).isEmpty();
    assertThat(names("zzz", "", 10)).isEmpty();
    assertThat(names("", "abc/c", 1)).containsExactly("abc/d");
  }

  @Test
  void listingTellsSizeAndTime() {
    store.put("x", bytes("12345"));

    ObjectInfo listed = store.list("", "", 1).getFirst();

    assertThat(listed.bytes()).isEqualTo(5);
    assertThat(listed.modifiedMs()).isPositive();
  }

  @Test
  void deletionTakesWhatIsThere() {
    store.put("a/1", bytes("1"));
    store.put("a/2", bytes("2"));
    store.put("b", bytes("b"));

    store.delete(List.of("a/1", "never", "a/2", "a/2/below"));

    assertThat(names("", "", 10)).containsExactly("b");
    assertThat(store.find("a/1")).isEmpty();
    store.delete(List.of());
  }

  @Test
  void manyAreDeletedAtOnce() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 1100; i++) names.add("many/" + i);
    for (String name : names.subList(1000, 1100)) store.put(name, bytes(name));
    store.put("other", bytes("stays"));

    store.delete(names);

    assertThat(names("", "", 10)).containsExactly("other");
  }

  @Test
  void locationNamesTheObject() {
    assertThat(store.location("a/b.parquet")).contains(":/").endsWith("a/b.parquet");
  }

  /** Whatever is done in whatever order, a sorted map says what is there. */
  @Test
  void storeIsASortedMap() {
    long seed = 42;
    Random random = new Random(seed);
    var model = new TreeMap<String, String>(ObjectNames.ORDER);
    for (int step = 0; step < 300; step++) {
      String name = randomName(random);
      String body = "body " + step;
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          store.put(name, bytes(body));
          model.put(name, body);
        }
        case 2 -> {
          if (model.containsKey(name)) {
            assertFails(Kind.EXISTS, () -> store.create(name, bytes(body)));
          } else {
            store.create(name, bytes(body));
            model.put(name, body);
          }
        }
        case 3 -> {
          store.delete(List.of(name));
          model.remove(name);
        }
        case 4 -> assertThat(store.find(name).isPresent()).isEqualTo(model.containsKey(name));
        default -> {
          String after = random.nextBoolean() ? "" : randomName(random);
          int countMax = 1 + random.nextInt(8);
          assertThat(names("", after, countMax))
              .as("step %d of seed %d", step, seed)
              .isEqualTo(
                  model.keySet().stream()
                      .filter(key -> ObjectNames.ORDER.compare(key, after) > 0)
                      .limit(countMax)
                      .toList());
        }
      }
    }
    assertThat(names("", "", 1000)).isEqualTo(List.copyOf(model.keySet()));
    model.forEach((name, body) -> assertThat(text(store.read(name))).isEqualTo(body));
  }

  private String randomName(Random random) {
    String alphabet = "ab-.0";
    int parts = 1 + random.nextInt(3);
    StringBuilder name = new StringBuilder();
    for (int part = 0; part < parts; part++) {
      if (part > 0) name.append('/');
      // Where an object can't be called as a directory is, the last part is told by its first.
      if (!allowsNamesThatAreDirectories()) name.append(part == parts - 1 ? 'f' : 'd');
      for (int i = 1 + random.nextInt(2); i > 0; i--) {
        name.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      name.append('z');
    }
    return name.toString();
  }

  final ObjectStore store() {
    return store;
  }

  final List<String> names(String prefix, String after, int countMax) {
    return store.list(prefix, after, countMax).stream().map(ObjectInfo::name).toList();
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  static String text(ByteBuffer bytes) {
    return UTF_8.decode(bytes.slice()).toString();
  }

  static byte[] array(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.slice().get(array);
    return array;
  }

  static void assertFails(Kind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class, failure -> assertThat(failure.kind()).isEqualTo(kind));
  }
}
