package oxbow.broker.control;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.server.fault.FaultHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ControlException.Kind;

/**
 * Where Kafka's classes report what must not happen. A fatal fault is told once to the owner, who
 * stops the process; Kafka's own handler would halt the JVM, with no word for the operator and no
 * log closed.
 */
final class Faults {
  private static final Logger log = LoggerFactory.getLogger(Faults.class);

  private final Consumer<ControlException> onFatal;
  private final AtomicBoolean isReported = new AtomicBoolean();

  Faults(Consumer<ControlException> onFatal) {
    this.onFatal = onFatal;
  }

  /** Whether a fatal fault was reported. */
  boolean areFatal() {
    return isReported.get();
  }

  FaultHandler fatal(String part) {
    return (message, cause) -> {
      var fault = new ControlException(Kind.FATAL, part + ": " + message, cause);
      log.atError().addKeyValue("part", part).setCause(cause).log("fatal fault: {}", message);
      if (isReported.compareAndSet(false, true)) onFatal.accept(fault);
      return fault;
    };
  }

  FaultHandler survivable(String part) {
    return (message, cause) -> {
      log.atError().addKeyValue("part", part).setCause(cause).log("fault: {}", message);
      return new ControlException(Kind.FATAL, part + ": " + message, cause);
    };
  }
}
