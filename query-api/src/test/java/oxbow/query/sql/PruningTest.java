package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.cold.store.testing.SharedS3;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.Elsewhere;
import oxbow.query.testing.TestLake;

/** What cannot be in an answer is left out before it is fetched. */
@ExtendWith(SharedS3.class)
class PruningTest {
  private static final int FILES = 3;
  private static final int RECORDS_PER_FILE = 20_000;
  private static final int BATCH = 500;
  private static final String SCHEMA =
      """
      {"type":"record","name":"reading","fields":[
        {"name":"sensor","type":"long"},
        {"name":"heat","type":"double"},
        {"name":"place","type":"string"},
        {"name":"remark","type":"string"}]}
      """;

  @TempDir Path directory;
  private @Nullable TestLake opened;

  @AfterEach
  void close() {
    if (opened != null) opened.close();
  }

  private TestLake lake() {
    return requireNonNull(opened);
  }

  @ParameterizedTest
  @EnumSource(Elsewhere.class)
  void conditionsOnValuesLeaveOutFilesRowGroupsAndPages(Elsewhere bucket, S3ProxyServer s3) {
    open(new TestLake(directory, TestLake.limits(directory), List.of(), bucket.openEmpty(s3)));

    String all = explain("EXPLAIN SELECT * FROM readings");
    String one = explain("EXPLAIN SELECT remark FROM readings WHERE sensor = 25000");
    String text =
        explain("EXPLAIN SELECT sensor FROM readings WHERE place LIKE 'p0005%' AND heat < 1e6");
    String either =
        explain("EXPLAIN SELECT sensor FROM readings WHERE sensor < 100 OR sensor > 59000");
    String none = explain("EXPLAIN SELECT sensor FROM readings WHERE heat > 1e9");

    assertThat(all).contains("cold files: 3 of 3").contains("pages: 9 of 9; pruned: 0");
    assertThat(one)
        .contains("cold files: 1 of 3")
        .contains("pages: 1 of 3; pruned: 2")
        .contains("columns: 2 of")
        .contains("sensor = 25000");
    assertThat(text).contains("cold files: 1 of 3").contains("pages: 1 of 3");
    assertThat(either).contains("cold files: 3 of 3").contains("sensor not null");
    assertThat(none).contains("cold files: 0 of 3");
    assertThat(explain("EXPLAIN SELECT heat FROM readings WHERE sensor IN (3, 5, 9000)"))
        .contains("cold files: 1 of 3")
        .contains("sensor from 3 to 9000");
    assertThat(explain("EXPLAIN SELECT heat FROM readings WHERE sensor NOT IN (3, 5)"))
        .contains("cold files: 3 of 3");
    assertThat(lake().rows("SELECT remark FROM readings WHERE sensor = 25000"))
        .containsExactly(List.of(remark(25_000)));
    assertThat(lake().rows("SELECT count(*) FROM readings WHERE place LIKE 'p0005%'"))
        .containsExactly(List.of("1000"));
  }

  @ParameterizedTest
  @EnumSource(Elsewhere.class)
  void onlyNeededColumnsTravelAndWhatIsWantedAgainIsInMemory(Elsewhere bucket, S3ProxyServer s3) {
    open(new TestLake(directory, TestLake.limits(directory), List.of(), bucket.openEmpty(s3)));
    String sql = "EXPLAIN ANALYZE SELECT sum(heat) FROM readings WHERE sensor BETWEEN 0 AND 30000";

    String first = explain(sql);
    String second = explain(sql);

    assertThat(fetched(first)).isPositive().isLessThan(fileBytes(first) / 2);
    assertThat(fetched(second)).isZero();
    assertThat(second).contains("cold files: 2 of 3").doesNotContain("in memory before: 0");
  }

  @Test
  void filesInADirectoryAreLeftOutByTheSameBounds() {
    open(new TestLake(directory));

    String one = explain("EXPLAIN SELECT remark FROM readings WHERE sensor = 25000");

    assertThat(one).contains("cold files: 1 of 3").contains("read in place");
    assertThat(lake().rows("SELECT remark FROM readings WHERE sensor = 25000"))
        .containsExactly(List.of(remark(25_000)));
  }

  private static long fetched(String explained) {
    return number(explained, "fetched: (\\d+) bytes");
  }

  private static long fileBytes(String explained) {
    return number(explained, "cold files: \\d+ of \\d+, (\\d+) bytes");
  }

  private static long number(String text, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(text);
    assertThat(found.find()).as(text).isTrue();
    return Long.parseLong(found.group(1));
  }

  private String explain(String sql) {
    return lake().rows(sql).stream()
        .filter(row -> row.getFirst().equals("tables"))
        .map(List::getLast)
        .reduce("", (all, more) -> all + more);
  }

  private void open(TestLake lake) {
    opened = lake;
    lake.schemas.register("readings-value", 5, SCHEMA);
    Topic readings = lake.topic("readings", 1, TestLake.COLD);
    int next = 0;
    for (int file = 0; file < FILES; file++) {
      for (int i = 0; i < RECORDS_PER_FILE / BATCH; i++) {
        BatchBuilder batch = BatchBuilder.at(next);
        for (int j = 0; j < BATCH; j++, next++) batch.add(next, null, value(next));
        lake.append(readings.partition(0), batch.build());
      }
      lake.offload(readings);
    }
  }

  private static String remark(int sensor) {
    return "remark " + Integer.toHexString(sensor * 0x9E3779B1);
  }

  private static byte[] value(int sensor) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(5).array());
    putLong(out, sensor);
    out.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(sensor / 8.0).array());
    putText(out, "p%07d".formatted(sensor));
    putText(out, remark(sensor));
    return out.toByteArray();
  }

  private static void putText(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    putLong(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void putLong(ByteArrayOutputStream out, long value) {
    long bits = (value << 1) ^ (value >> 63);
    while ((bits & ~0x7fL) != 0) {
      out.write((int) ((bits & 0x7f) | 0x80));
      bits >>>= 7;
    }
    out.write((int) bits);
  }
}
