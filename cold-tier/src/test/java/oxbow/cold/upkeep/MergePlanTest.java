package oxbow.cold.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdFiles.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.ColdFile;

class MergePlanTest {
  private static final long MIB = 1 << 20;
  private static final long FILE_BYTES = 128 * MIB;

  @Test
  void fewSmallFilesAreLeftUntilThereAreMore() {
    assertThat(MergePlan.next(equal(MergePlan.FAN_IN - 1, MIB), FILE_BYTES)).isEmpty();
  }

  @Test
  void whoAsksForItHasFewMergedToo() {
    List<ColdFile> files = equal(2, MIB);

    assertThat(MergePlan.eager(files, FILE_BYTES)).isEqualTo(files);
    assertThat(MergePlan.eager(equal(1, MIB), FILE_BYTES)).isEmpty();
  }

  @Test
  void neighboursOfOneSizeAreMergedOnceTheyAreMany() {
    List<ColdFile> files = equal(MergePlan.FAN_IN, MIB);

    assertThat(MergePlan.next(files, FILE_BYTES)).isEqualTo(files);
  }

  @Test
  void filesThatFillOneAreMergedHoweverFewTheyAre() {
    List<ColdFile> files = equal(3, 40 * MIB);

    assertThat(MergePlan.next(files, FILE_BYTES)).isEqualTo(files);
  }

  @Test
  void aFileOfTheWishedSizeIsNeverWrittenAnew() {
    List<ColdFile> files = new ArrayList<>(equal(20, 100 * MIB));

    assertThat(MergePlan.next(files, FILE_BYTES)).isEmpty();
  }

  @Test
  void aLargeFileIsNotWrittenAnewForSmallOnesBehindIt() {
    List<ColdFile> files = new ArrayList<>();
    files.add(file(0, 100, 60 * MIB));
    for (int i = 0; i < 5; i++) files.add(file(100 + i, 101 + i, MIB));

    assertThat(MergePlan.next(files, FILE_BYTES)).isEmpty();
  }

  @Test
  void filesWithDeletedRecordsBetweenThemAreNotMerged() {
    List<ColdFile> files = new ArrayList<>(equal(4, MIB));
    for (int i = 0; i < 4; i++) files.add(file(1000 + i, 1001 + i, MIB));

    assertThat(MergePlan.next(files, FILE_BYTES)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aRecordIsWrittenAnewAFewTimesAtMost(long seed) {
    var random = new Random(seed);
    List<ColdFile> files = new ArrayList<>();
    long appended = 0;
    long rewritten = 0;
    for (int i = 0; i < 3_000; i++) {
      long bytes = 1 + random.nextLong(2 * MIB);
      files.add(file(i, i + 1, bytes));
      appended += bytes;
      while (true) {
        List<ColdFile> run = MergePlan.next(files, FILE_BYTES);
        if (run.isEmpty()) break;
        long runBytes = run.stream().mapToLong(ColdFile::bytes).sum();
        rewritten += runBytes;
        int at = files.indexOf(run.getFirst());
        files.subList(at, at + run.size()).clear();
        files.add(at, file(run.getFirst().baseOffset(), run.getLast().endOffset(), runBytes));
      }
    }
    long bytes = files.stream().mapToLong(ColdFile::bytes).sum();

    assertThat(bytes).isEqualTo(appended);
    assertThat(rewritten).as("seed %s", seed).isLessThan(4 * appended);
    assertThat(files.size()).as("seed %s", seed).isLessThan((int) (appended / FILE_BYTES * 2 + 40));
    assertThat(files).allMatch(file -> file.bytes() <= FILE_BYTES * 5 / 4);
  }

  private static List<ColdFile> equal(int count, long bytes) {
    List<ColdFile> files = new ArrayList<>();
    for (int i = 0; i < count; i++) files.add(file(i, i + 1, bytes));
    return files;
  }
}
