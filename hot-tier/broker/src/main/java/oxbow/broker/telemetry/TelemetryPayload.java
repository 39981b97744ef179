package oxbow.broker.telemetry;

import java.nio.ByteBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.PushTelemetryRequest;

/** The metrics of one push, as OpenTelemetry's {@code MetricsData}. */
public final class TelemetryPayload {
  private final PushTelemetryRequest request;
  private final int bytesMax;

  TelemetryPayload(PushTelemetryRequest request, int bytesMax) {
    this.request = request;
    this.bytesMax = bytesMax;
  }

  public Uuid clientInstance() {
    return request.data().clientInstanceId();
  }

  /** The client's last push: it stops. */
  public boolean isTerminating() {
    return request.data().terminating();
  }

  /** Bytes as they were sent. */
  public int sentBytes() {
    return request.data().metrics().remaining();
  }

  /**
   * The metrics, decompressed. Throws Kafka's {@code TelemetryTooLargeException} where that would
   * be more than the largest push.
   */
  public ByteBuffer otlp() {
    return request.metricsData(bytesMax);
  }
}
