package oxbow.cold.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.StoreException.Kind;

/** A directory is a bucket. */
class LocalObjectStoreTest extends ObjectStoreContract {
  @TempDir Path directory;

  private final Map<Request, Integer> told = new EnumMap<>(Request.class);

  @Override
  ObjectStore openEmpty() {
    return open(directory);
  }

  private LocalObjectStore open(Path where) {
    return LocalObjectStore.open(
        where, (request, _, _, _) -> told.merge(request, 1, Integer::sum), System::nanoTime);
  }

  @Test
  void usualNamesAreTheFilesOwn() {
    store().put("tables/kafka/orders.v1-x/data/0/0-1.parquet", bytes("x"));

    assertThat(directory.resolve("tables/kafka/orders.v1-x/data/0/0-1.parquet")).exists();
    assertThat(store().location("tables/a.parquet"))
        .isEqualTo(directory.toUri() + "tables/a.parquet");
  }

  @Test
  void everyObjectLiesBelowTheDirectory() throws IOException {
    // File systems take 255 bytes; what is left of these parts looks like a way up.
    String part = "x".repeat(240);
    List<String> names = List.of("..x/..y", part + ".", part + "..", part + "../z", part + "./z");

    for (String name : names) store().put(name, bytes(name));

    try (Stream<Path> around = Files.list(directory)) {
      assertThat(around.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("%unfinished", "..x", part + "%_");
    }
    assertThat(names("", "", 10)).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names) assertThat(text(store().read(name))).isEqualTo(name);
  }

  @Test
  void otherStoreSeesWhatThisOneWrote() {
    try (LocalObjectStore other = open(directory)) {
      store().create("a", bytes("a"));

      assertThat(text(other.read("a"))).isEqualTo("a");
      assertFails(Kind.EXISTS, () -> other.create("a", bytes("b")));
    }
  }

  @Test
  void anEmptyDirectoryInItsPlaceTakesNothingUntilItIsBack() throws IOException {
    Path bucket = directory.resolve("bucket");
    Path away = directory.resolve("away");
    try (LocalObjectStore mounted = open(bucket)) {
      mounted.put("a", bytes("a"));
      Files.move(bucket, away);
      assertFails(Kind.BUSY, () -> mounted.put("b", bytes("b")));
      Files.createDirectory(bucket);
      assertFails(Kind.BUSY, () -> mounted.put("b", bytes("b")));
      assertFails(Kind.BUSY, () -> mounted.create("b", bytes("b")));
      assertThat(bucket).isEmptyDirectory();

      Files.delete(bucket);
      Files.move(away, bucket);
      mounted.put("b", bytes("b"));
      assertThat(text(mounted.read("a"))).isEqualTo("a");
    }
  }

  @Test
  void whatWasMountedAfterItsOpeningIsWrittenTo() throws IOException {
    Path bucket = directory.resolve("bucket");
    Path other = directory.resolve("other");
    try (LocalObjectStore before = open(other)) {
      before.put("a", bytes("a"));
    }
    try (LocalObjectStore opened = open(bucket)) {
      Files.move(bucket, directory.resolve("hidden"));
      Files.move(other, bucket);

      opened.put("b", bytes("b"));

      assertThat(text(opened.read("a"))).isEqualTo("a");
      assertThat(text(opened.read("b"))).isEqualTo("b");
    }
    try (Stream<Path> left = Files.list(bucket.resolve("%unfinished"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void openingRemovesWhatACrashLeft() throws IOException {
    Path unfinished = directory.resolve("%unfinished");
    Path crashed = Files.createDirectories(unfinished.resolve("crashed"));
    Files.writeString(crashed.resolve("0"), "half of an obj");
    Path alive = Files.writeString(own(unfinished).resolve("1"), "an upload under way");

    open(directory).close();

    assertThat(crashed).doesNotExist();
    assertThat(alive).exists();
    store().close();
    try (Stream<Path> left = Files.list(unfinished)) {
      assertThat(left).isEmpty();
    }
    open();
  }

  private static Path own(Path unfinished) throws IOException {
    try (Stream<Path> owners = Files.list(unfinished)) {
      return owners.filter(path -> !path.endsWith("crashed")).findFirst().orElseThrow();
    }
  }

  @Test
  void emptyDirectoriesGoWithTheirLastObject() {
    store().put("a/b/c/d", bytes("d"));
    store().put("a/e", bytes("e"));

    store().delete(List.of("a/b/c/d"));

    assertThat(directory.resolve("a/b")).doesNotExist();
    assertThat(directory.resolve("a")).exists();
  }

  @Test
  void objectsAreMadeInDirectoriesThatOthersEmpty() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Integer>> writers = new ArrayList<>();
      for (int writer = 0; writer < 4; writer++) {
        String name = "same/directory/" + writer;
        writers.add(() -> {
          for (int i = 0; i < 50; i++) {
            store().create(name, bytes(name));
            store().delete(List.of(name));
          }
          return 50;
        });
      }
      for (var written : threads.invokeAll(writers)) assertThat(written.get()).isEqualTo(50);
    }
    assertThat(names("", "", 10)).isEmpty();
  }

  @Test
  void foreignFilesAreNoObjects() throws IOException {
    store().put("a", bytes("a"));
    Files.writeString(directory.resolve("100%"), "somebody's");

    assertThat(names("", "", 10)).containsExactly("a");
  }

  @Test
  void requestsAreTold() {
    store().put("a", bytes("a"));
    store().read("a");
    store().list("", "", 1);

    assertThat(told).containsEntry(Request.PUT, 1).containsEntry(Request.GET, 1);
    assertThat(told).containsEntry(Request.LIST, 1);
  }
}
