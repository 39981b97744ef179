package oxbow.query.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.testing.RandomAvro;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.cold.store.testing.SharedS3;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.Elsewhere;
import oxbow.query.testing.TestLake;

/** A record is the same row, whichever tier it is read from and however its file is written. */
@ExtendWith(SharedS3.class)
class BothTiersTest {
  private static final List<RandomAvro.Style> STYLES = List.of(RandomAvro.Style.values());

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void rowsOfAnySchemaAreTheSameInBothTiers(long seed) {
    try (var lake = new TestLake(directory)) {
      compare(lake, seed);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
  void soTheyAreInABucketElsewhere(long seed, S3ProxyServer s3) {
    Elsewhere bucket = seed % 2 == 0 ? Elsewhere.MEMORY : Elsewhere.S3;
    try (var lake =
        new TestLake(directory, TestLake.limits(directory), List.of(), bucket.openEmpty(s3))) {
      compare(lake, seed);
    }
  }

  private static void compare(TestLake lake, long seed) {
    var random = new Random(seed);
    var avro = new RandomAvro(random);
    Schema first = avro.record();
    Schema second = avro.evolved(first);
    lake.schemas.register("things-value", 1, first.toString());
    lake.schemas.register("things-value", 2, second.toString());
    Topic things = lake.topic("things", 1, TestLake.COLD);
    for (int i = 0; i < 6; i++) {
      int id = 1 + i % 2;
      TestBatch batch = batch(random, avro, id == 1 ? first : second, id);
      lake.append(things.partition(0), ByteBuffer.wrap(batch.toBytes()));
    }
    String sql = "SELECT * FROM things ORDER BY kafka_offset";

    List<List<String>> hot = lake.rows(sql);
    lake.offload(things);
    List<List<String>> cold = lake.rows(sql);

    assertThat(hot).as("seed " + seed + " " + second).hasSizeGreaterThan(6);
    assertThat(cold).as("seed " + seed + " " + second).isEqualTo(hot);
    assertThat(lake.rows("SELECT count(*) FROM things"))
        .containsExactly(List.of(Integer.toString(hot.size())));
  }

  private static TestBatch batch(Random random, RandomAvro avro, Schema schema, int id) {
    var batch = new TestBatch();
    int count = 1 + random.nextInt(40);
    for (int i = 0; i < count; i++) {
      var style = STYLES.get(random.nextInt(STYLES.size()));
      var value = new ByteArrayOutputStream();
      value.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
      value.writeBytes(avro.value(schema, style));
      byte[] key =
          random.nextInt(4) == 0
              ? null
              : ("key " + random.nextInt(100)).getBytes(StandardCharsets.UTF_8);
      List<TestBatch.TestHeader> headers =
          random.nextInt(3) == 0
              ? List.of(
                  new TestBatch.TestHeader("h".getBytes(StandardCharsets.UTF_8), new byte[] {1, 2}),
                  new TestBatch.TestHeader("i".getBytes(StandardCharsets.UTF_8), null))
              : List.of();
      byte[] bytes = random.nextInt(20) == 0 ? null : value.toByteArray();
      batch.records.add(new TestBatch.TestRecord(0, i, i, key, bytes, headers));
    }
    return batch;
  }
}
