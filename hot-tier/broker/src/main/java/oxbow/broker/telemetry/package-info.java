/**
 * What clients tell of themselves: subscriptions an operator made with {@code
 * kafka-client-metrics}, and the metrics clients push for them. Start with {@link
 * oxbow.broker.telemetry.ClientTelemetry}. Runs on the {@code net-*} threads.
 */
@NullMarked
package oxbow.broker.telemetry;

import org.jspecify.annotations.NullMarked;
