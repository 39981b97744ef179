package oxbow.schema.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Columns that are known by a number, as Protobuf's fields are. */
class LayoutMergerKeysTest {
  @Test
  void aRenamedFieldIsTheSameColumn() {
    Layout first = merge(Layout.EMPTY, column("a", 1)).layout();

    Merge.Placed renamed = merge(first, column("b", 1));

    assertThat(renamed.placement().id("b")).isEqualTo(first.columns().getFirst().id());
    assertThat(renamed.layout().columns()).hasSize(1);
    assertThat(renamed.layout().columns().getFirst().name()).isEqualTo("b");
    assertThat(merge(renamed.layout(), column("a", 1)).layout()).isEqualTo(renamed.layout());
  }

  @Test
  void aNameThatIsGivenToAnotherNumberIsAnotherColumn() {
    Layout first = merge(Layout.EMPTY, column("a", 1)).layout();

    Layout second = merge(first, column("a", 2)).layout();

    assertThat(second.columns()).extracting(Column::name).containsExactly("a", "a_2");
    assertThat(second.columns()).extracting(Column::key).containsExactly(1, 2);
    assertThat(merge(second, column("a", 2)).placement().id("a"))
        .isEqualTo(second.columns().getLast().id());
  }

  @Test
  void fieldsThatSwapTheirNamesKeepTheirColumns() {
    Layout first = merge(Layout.EMPTY, column("a", 1), column("b", 2)).layout();

    Merge.Placed swapped = merge(first, column("b", 1), column("a", 2));

    assertThat(swapped.placement().id("b")).isEqualTo(first.columns().getFirst().id());
    assertThat(swapped.placement().id("a")).isEqualTo(first.columns().getLast().id());
    assertThat(merge(swapped.layout(), column("b", 1), column("a", 2)).layout())
        .isEqualTo(swapped.layout());
  }

  @Test
  void aColumnOfAnotherLanguageIsFoundByNameAndKnownByTheNumberFromThenOn() {
    Layout avro = merge(Layout.EMPTY, column("a", null)).layout();
    Layout both = merge(avro, column("a", 7)).layout();

    Merge.Placed renamed = merge(both, column("b", 7));

    assertThat(renamed.layout().columns()).hasSize(1);
    assertThat(merge(renamed.layout(), column("a", null)).placement().id("a"))
        .isEqualTo(avro.columns().getFirst().id());
  }

  @Test
  void numbersAreTheSameColumnsWhateverTheirNamesBecome() {
    for (int seed = 0; seed < 300; seed++) {
      try {
        check(new Random(seed));
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static void check(Random random) {
    Layout layout = Layout.EMPTY;
    Map<Integer, Integer> idsOfKeys = new LinkedHashMap<>();
    for (int version = 0; version < 8; version++) {
      List<Column> fields = new ArrayList<>();
      List<String> names = new ArrayList<>(List.of("a", "b", "c", "A"));
      Collections.shuffle(names, random);
      for (int key = 1; key <= 4; key++) {
        if (random.nextInt(3) > 0) fields.add(column(names.get(key - 1), key));
      }
      Collections.shuffle(fields, random);
      Merge.Placed placed = merge(layout, fields.toArray(Column[]::new));
      for (Column field : fields) {
        int id = placed.placement().id(field.name());
        Integer before = idsOfKeys.putIfAbsent(Objects.requireNonNull(field.key()), id);
        assertThat(before == null || before == id).isTrue();
      }
      layout = placed.layout();
      assertThat(merge(layout, fields.toArray(Column[]::new)).layout()).isEqualTo(layout);
      assertThat(LayoutJson.read(LayoutJson.write(layout))).isEqualTo(layout);
    }
    assertThat(layout.columns()).extracting(Column::key).doesNotHaveDuplicates();
  }

  private static Column column(String name, @Nullable Integer key) {
    return new Column(
        Column.UNASSIGNED, name, Set.of(), Type.Plain.STRING, /* isOptional= */ true, null, key);
  }

  private static Merge.Placed merge(Layout layout, Column... columns) {
    return (Merge.Placed) LayoutMerger.merge(layout, new Shape(List.of(columns)));
  }
}
