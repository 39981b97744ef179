package oxbow.broker;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.Timeout;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadlineTimerTest {
  private final DeadlineTimer timer = new DeadlineTimer();
  private final BlockingQueue<String> done = new LinkedBlockingQueue<>();

  @AfterEach
  void stop() {
    timer.stop();
  }

  @Test
  void deadlinesComeInTheirOrderAndNotBefore() throws InterruptedException {
    long begin = System.nanoTime();
    timer.newTimeout(_ -> done.add("late"), 60, MILLISECONDS);
    timer.newTimeout(_ -> done.add("early"), 20, MILLISECONDS);

    assertThat(done.poll(10, SECONDS)).isEqualTo("early");
    assertThat(done.poll(10, SECONDS)).isEqualTo("late");
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(MILLISECONDS.toNanos(60));
  }

  @Test
  void aCancelledDeadlineNeverComesAndCanBeCancelledOnce() throws InterruptedException {
    Timeout cancelled = timer.newTimeout(_ -> done.add("cancelled"), 10, MILLISECONDS);
    assertThat(cancelled.cancel()).isTrue();
    assertThat(cancelled.cancel()).isFalse();
    timer.newTimeout(_ -> done.add("other"), 30, MILLISECONDS);

    assertThat(done.poll(10, SECONDS)).isEqualTo("other");
    assertThat(done).isEmpty();
    assertThat(cancelled.isCancelled()).isTrue();
  }

  @Test
  void aTaskThatFailsHoldsUpNoOther() throws InterruptedException {
    timer.newTimeout(
        _ -> {
          throw new IllegalStateException("expected by this test");
        },
        1,
        MILLISECONDS);
    timer.newTimeout(_ -> done.add("other"), 2, MILLISECONDS);

    assertThat(done.poll(10, SECONDS)).isEqualTo("other");
  }

  @Test
  void nothingIsDueAfterTheStop() {
    timer.stop();

    Timeout late = timer.newTimeout(_ -> done.add("late"), 0, MILLISECONDS);

    assertThat(late.isExpired()).isFalse();
    assertThat(late.cancel()).isTrue();
    assertThat(done).isEmpty();
  }
}
