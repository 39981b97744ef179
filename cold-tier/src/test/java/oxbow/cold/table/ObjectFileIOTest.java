package oxbow.cold.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreListener;

class ObjectFileIOTest {
  @TempDir private Path directory;

  @Test
  void aLocationIsFoundAsOursAndAsHadoopsClassesSpellIt() {
    try (var store = LocalObjectStore.open(directory, StoreListener.NONE, System::nanoTime)) {
      ObjectFileIO io = new ObjectFileIO(store);
      String ours = io.location("tables/t/a.parquet");

      assertThat(ours).startsWith("file:///");
      assertThat(io.name(ours)).isEqualTo("tables/t/a.parquet");
      assertThat(io.name(ours.replace("file:///", "file:/"))).isEqualTo("tables/t/a.parquet");
      for (String elsewhere : new String[] {"file:/etc/passwd", "file:", "s3://other/a.parquet"}) {
        assertThatThrownBy(() -> io.name(elsewhere))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("doesn't lie in the bucket");
      }
    }
  }
}
