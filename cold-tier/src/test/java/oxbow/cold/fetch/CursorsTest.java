package oxbow.cold.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import oxbow.cold.file.ColdFileReader.Cursor;

class CursorsTest {
  private static final class Fake implements Cursor {
    boolean isClosed;

    @Override
    public ByteBuffer next(int bytesMax) {
      return ByteBuffer.allocate(0);
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  @Test
  void aCursorIsTakenByWhoGoesOnExactlyThereAndOnce() {
    var cursors = new Cursors(4);
    var cursor = new Fake();
    cursors.keep("file", 10, cursor);

    assertThat(cursors.take("file", 9)).isEmpty();
    assertThat(cursors.take("other", 10)).isEmpty();
    assertThat(cursors.take("file", 10)).containsSame(cursor);
    assertThat(cursors.take("file", 10)).isEmpty();
    assertThat(cursor.isClosed).isFalse();
  }

  @Test
  void thoseBeyondTheBoundAreClosed() {
    var cursors = new Cursors(4);
    Fake[] all = new Fake[20];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Fake();
      cursors.keep("file", i, all[i]);
    }

    int open = 0;
    for (Fake one : all) if (!one.isClosed) open++;
    assertThat(open).isBetween(1, 4);
    cursors.close();
    assertThat(all).allMatch(one -> one.isClosed);
  }
}
