package oxbow.cold.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdFiles.file;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import oxbow.cold.TopicTiering.CompactionRules;
import oxbow.cold.file.ColdFile;
import oxbow.cold.table.ColdTable.Compacted;

class CompactionPlanTest {
  private static final long NOW_MS = 1_000_000;
  private static final CompactionRules USUAL = new CompactionRules(50_000, 0, Long.MAX_VALUE, 0.5);

  /** Their records are as old as their offsets say, in seconds. */
  private static final List<ColdFile> FILES =
      List.of(file(10, 20, 500), file(20, 30, 400), file(30, 40, 100));

  @Test
  void whatWasNotCompactedYetIsDirty() {
    var first = CompactionPlan.of(FILES, List.of(), USUAL, NOW_MS);
    assertThat(first).isEqualTo(new CompactionPlan(10, 40, 0, true));

    var later = CompactionPlan.of(FILES, List.of(new Compacted(20, NOW_MS)), USUAL, NOW_MS);
    assertThat(later).isEqualTo(new CompactionPlan(20, 40, 0, false)); // half of it is not more
  }

  @Test
  void aRoundThatEndedInsideAFileGoesOnThere() {
    var plan = CompactionPlan.of(FILES, List.of(new Compacted(15, NOW_MS)), USUAL, NOW_MS);

    assertThat(plan.dirtyStart()).isEqualTo(15);
    assertThat(plan.isDue()).isTrue();
  }

  @Test
  void nothingIsDueOnceAllIsCompacted() {
    var plan = CompactionPlan.of(FILES, List.of(new Compacted(40, 0)), USUAL, NOW_MS);

    assertThat(plan).isEqualTo(new CompactionPlan(40, 40, 40, false));
  }

  @Test
  void youngRecordsAndWhatFollowsThemAreLeftAlone() {
    var rules = new CompactionRules(50_000, 975_000, Long.MAX_VALUE, 0.01);

    var plan = CompactionPlan.of(FILES, List.of(), rules, NOW_MS);

    assertThat(plan.dirtyEnd()).isEqualTo(20);
  }

  @Test
  void oldRecordsAreDueHoweverFew() {
    var rounds = List.of(new Compacted(30, NOW_MS));
    var rules = new CompactionRules(50_000, 0, 969_000, 0.9);

    assertThat(CompactionPlan.of(FILES, rounds, rules, NOW_MS).isDue()).isTrue();
    assertThat(CompactionPlan.of(FILES, rounds, rules, NOW_MS - 2_000).isDue()).isFalse();
  }

  @Test
  void tombstonesAreSettledOnceTheirRoundIsLongAgo() {
    var rounds = List.of(new Compacted(20, 900_000), new Compacted(30, 960_000));

    assertThat(CompactionPlan.of(FILES, rounds, USUAL, 949_999).settledEnd()).isZero();
    assertThat(CompactionPlan.of(FILES, rounds, USUAL, 950_000).settledEnd()).isEqualTo(20);
    assertThat(CompactionPlan.of(FILES, rounds, USUAL, 1_010_000).settledEnd()).isEqualTo(30);
  }

  @Test
  void ofSettledRoundsTheLastIsRemembered() {
    var rounds = List.of(new Compacted(10, 1), new Compacted(20, 2), new Compacted(30, NOW_MS - 1));

    assertThat(CompactionPlan.after(rounds, 40, USUAL, NOW_MS))
        .containsExactly(
            new Compacted(20, 2), new Compacted(30, NOW_MS - 1), new Compacted(40, NOW_MS));
  }

  @Test
  void veryManyRoundsSettleLaterAndNeverSooner() {
    List<Compacted> rounds = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      rounds = new ArrayList<>(CompactionPlan.after(rounds, i, USUAL, 950_000 + i));
    }

    assertThat(rounds).hasSizeLessThan(60);
    assertThat(rounds.getLast()).isEqualTo(new Compacted(200, 950_200));
    for (Compacted round : rounds) assertThat(round.atMs()).isEqualTo(950_000 + round.endOffset());
  }
}
