package oxbow.cold.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdFiles.file;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;

class ColdRetentionTest {
  /**
   * Their last records are 9, 19 and 29 seconds old at the beginning of time; 20 bytes of log each.
   */
  private static final List<ColdFile> FILES =
      List.of(file(0, 10, 10), file(10, 20, 10), file(20, 30, 10));

  @Test
  void filesWhoseYoungestRecordIsTooOldExpire() {
    TopicTiering tiering = settings(Map.of("retention.ms", "5000"));

    assertThat(ColdRetention.logStart(FILES, 0, tiering, 20_000)).isEqualTo(10);
    assertThat(ColdRetention.logStart(FILES, 0, tiering, 14_000)).isEqualTo(-1);
    assertThat(ColdRetention.logStart(FILES, 0, tiering, 90_000)).isEqualTo(30);
  }

  @Test
  void localRecordsCountForTheSizeOfTheLog() {
    TopicTiering tiering = settings(Map.of("retention.ms", "-1", "retention.bytes", "50"));

    assertThat(ColdRetention.logStart(FILES, 0, tiering, 0)).isEqualTo(-1);
    assertThat(ColdRetention.logStart(FILES, 30, tiering, 0)).isEqualTo(20);
  }

  @Test
  void whatIsOnlyCompactedDoesNotExpire() {
    TopicTiering tiering = settings(Map.of("retention.ms", "5000", "cleanup.policy", "compact"));

    assertThat(ColdRetention.logStart(FILES, 0, tiering, 90_000)).isEqualTo(-1);
  }

  @Test
  void aYoungFileKeepsOlderOnesBehindIt() {
    List<ColdFile> files = List.of(file(90, 100, 10), file(100, 101, 10));

    assertThat(ColdRetention.logStart(files, 0, settings(Map.of("retention.ms", "5000")), 100_000))
        .isEqualTo(-1);
  }

  private static TopicTiering settings(Map<String, String> given) {
    return TopicTiering.of(given);
  }
}
