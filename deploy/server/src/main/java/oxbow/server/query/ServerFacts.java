package oxbow.server.query;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.server.Version;

/**
 * What is known of this server beside its broker.
 *
 * @param startedAt when it was started
 * @param bucket the name of what the cold tier lies in; empty: there is no cold tier
 * @param doors addresses beside the broker's own, by the name of what listens there
 */
public record ServerFacts(
    int brokerId,
    Version version,
    Instant startedAt,
    Optional<String> bucket,
    Supplier<Map<String, String>> doors) {}
