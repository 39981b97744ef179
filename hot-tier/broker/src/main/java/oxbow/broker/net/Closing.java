package oxbow.broker.net;

import java.util.Locale;
import oxbow.broker.wire.BadRequestException;

/** Why the broker closed a connection, or did not take it; the counter it is counted by. */
enum Closing {
  FRAME_SIZE,
  FRAME_TIMEOUT,
  UNKNOWN_API,
  UNKNOWN_VERSION,
  MALFORMED,
  /** A request failed and its API has no way to say so. */
  UNANSWERABLE,
  /** The client stopped reading its answers. */
  NOT_READING,
  IDLE,
  ADDRESS_LIMIT,
  /** An address opens connections faster than its quota allows. */
  ADDRESS_RATE,
  /** The client went away in the middle of something. */
  GONE,
  /** The socket, or a file that was being sent, failed. */
  TRANSPORT;

  static Closing of(BadRequestException.Reason reason) {
    return switch (reason) {
      case FRAME_SIZE -> FRAME_SIZE;
      case FRAME_TIMEOUT -> FRAME_TIMEOUT;
      case UNKNOWN_API -> UNKNOWN_API;
      case UNKNOWN_VERSION -> UNKNOWN_VERSION;
      case MALFORMED -> MALFORMED;
    };
  }

  /** Ordinary: the counter is enough. */
  boolean isQuiet() {
    return this == IDLE || this == GONE;
  }

  /** As metrics and log lines name it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
