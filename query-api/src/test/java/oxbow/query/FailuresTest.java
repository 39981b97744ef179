package oxbow.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import oxbow.cold.store.StoreException;
import oxbow.log.LogException;
import oxbow.query.QueryException.Kind;

class FailuresTest {
  private static Kind told(StoreException.Kind reason) {
    var failure =
        new LogException(
            LogException.Kind.OFFLINE,
            "cold records can't be read",
            new StoreException(reason, "the reason"));
    return Failures.of(new CompletionException(failure)).kind();
  }

  @Test
  void whoReadsADamagedFileIsNotToldToComeAgain() {
    assertThat(told(StoreException.Kind.CORRUPT)).isEqualTo(Kind.CORRUPT);
    assertThat(told(StoreException.Kind.BUSY)).isEqualTo(Kind.UNAVAILABLE);
  }
}
