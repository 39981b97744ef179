package oxbow.broker.quota;

import java.net.InetAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Client;

/**
 * The quotas of this broker's clients, and what they used of them. Thread-safe. Where no quota is
 * set, asking costs one volatile read.
 */
public final class ClientQuotas {
  private static final double PERCENT_PER_NANO = 100.0 / TimeUnit.SECONDS.toNanos(1);
  private static final int METERS_MIN = 1024;
  // Kafka's token bucket starts empty at time zero and is full once time is far from it.
  private static final long FIRST_MS = TimeUnit.DAYS.toMillis(10_000);

  private final QuotaConfig config;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private volatile Map<QuotaKind, QuotaRules> rules = new EnumMap<>(QuotaKind.class);
  private volatile boolean isActive;

  private record Shared(QuotaKind kind, QuotaRules.Who who) {}

  private final ConcurrentHashMap<Shared, RateMeter> meters = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Shared, PermitBucket> buckets = new ConcurrentHashMap<>();
  private volatile int metersMax = METERS_MIN;

  public ClientQuotas(QuotaConfig config, LongSupplier nanoClock) {
    this.config = config;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
  }

  /**
   * Sets and removes quotas of a user, a client id, both together, or an address, as the cluster's
   * metadata has them.
   *
   * @param changes by Kafka's name of the quota; empty: removed
   */
  public synchronized void change(ClientQuotaEntity entity, Map<String, OptionalDouble> changes) {
    var changed = new EnumMap<QuotaKind, QuotaRules>(QuotaKind.class);
    changed.putAll(rules);
    QuotaRules.Who who = QuotaRules.who(entity);
    changes.forEach((key, value) ->
        QuotaKind.of(key)
            .ifPresent(kind -> {
              QuotaRules before = changed.getOrDefault(kind, QuotaRules.NONE);
              Double limit = value.isPresent() ? value.getAsDouble() : null;
              changed.put(kind, before.with(who, limit));
            }));
    changed.values().removeIf(of -> of.limits().isEmpty());
    rules = changed;
    isActive = !changed.isEmpty();
  }

  /** Whether any quota is set at all. */
  public boolean isActive() {
    return isActive;
  }

  /** Counts bytes a client produced; returns its pause in milliseconds. */
  public int produced(Client client, long bytes) {
    return use(QuotaKind.PRODUCE, client, (double) bytes, Long.MAX_VALUE);
  }

  /** Counts bytes a client fetched; returns its pause in milliseconds. */
  public int fetched(Client client, long bytes) {
    return use(QuotaKind.FETCH, client, (double) bytes, Long.MAX_VALUE);
  }

  /**
   * Counts the time the broker worked for a client; returns its pause in milliseconds, which is at
   * most one window long, as Kafka has it.
   */
  public int worked(Client client, long nanos) {
    return use(QuotaKind.REQUEST, client, nanos * PERCENT_PER_NANO, windowMs());
  }

  /**
   * What a request of this client may change in the cluster's metadata.
   *
   * @param isStrict more is refused; else it is done, and the client pauses afterwards
   */
  public MutationQuota mutations(Client client, boolean isStrict) {
    return new MutationQuota(
        (count, strict) -> {
          QuotaRules.Limit limit = limit(QuotaKind.MUTATION, client);
          return limit == null ? 0 : bucket(limit).take(count, strict, nowMs());
        },
        isStrict);
  }

  /**
   * Counts a new connection. Zero: it is welcome; else it did not count and must not be served, and
   * closing it is to wait for so many milliseconds, so that a client that comes again and again is
   * slowed down.
   */
  public int connected(InetAddress address) {
    if (!isActive) return 0;
    QuotaRules of = rules.getOrDefault(QuotaKind.CONNECTION, QuotaRules.NONE);
    QuotaRules.Limit limit = of.find(address.getHostAddress());
    if (limit == null) return 0;
    RateMeter meter = meter(QuotaKind.CONNECTION, limit);
    long nowMs = nowMs();
    long pauseMs = Math.min(meter.use(1, limit.perSecond(), nowMs), windowMs());
    if (pauseMs > 0) meter.giveBack(1, nowMs);
    return (int) pauseMs;
  }

  /** For tests: of how many clients it knows what they used. */
  int metersHeld() {
    return meters.size() + buckets.size();
  }

  private int use(QuotaKind kind, Client client, double amount, long pauseMsMax) {
    QuotaRules.Limit limit = limit(kind, client);
    if (limit == null) return 0;
    long pauseMs = meter(kind, limit).use(amount, limit.perSecond(), nowMs());
    return (int) Math.min(Math.min(pauseMs, pauseMsMax), Integer.MAX_VALUE);
  }

  private QuotaRules.@Nullable Limit limit(QuotaKind kind, Client client) {
    if (!isActive) return null;
    QuotaRules of = rules.getOrDefault(kind, QuotaRules.NONE);
    return of.limits().isEmpty() ? null : of.find(client.principal().getName(), client.clientId());
  }

  private RateMeter meter(QuotaKind kind, QuotaRules.Limit limit) {
    RateMeter meter =
        meters.computeIfAbsent(
            new Shared(kind, limit.shares()),
            _ -> new RateMeter(config.windows(), config.windowSeconds()));
    if (meters.size() > metersMax) forget();
    return meter;
  }

  private PermitBucket bucket(QuotaRules.Limit limit) {
    PermitBucket bucket =
        buckets.compute(
            new Shared(QuotaKind.MUTATION, limit.shares()),
            (_, before) ->
                before != null && before.perSecond() == limit.perSecond()
                    ? before
                    : new PermitBucket(
                        limit.perSecond(),
                        config.controllerWindows(),
                        config.controllerWindowSeconds()));
    if (buckets.size() > metersMax) forget();
    return bucket;
  }

  /** Drops who was silent for longer than is measured: a new meter would say the same. */
  private void forget() {
    long nowMs = nowMs();
    meters.values().removeIf(meter -> meter.isForgotten(nowMs));
    buckets.values().removeIf(bucket -> bucket.isForgotten(nowMs));
    metersMax = Math.max(METERS_MIN, 2 * Math.max(meters.size(), buckets.size()));
  }

  private long windowMs() {
    return TimeUnit.SECONDS.toMillis(config.windowSeconds());
  }

  private long nowMs() {
    return FIRST_MS + TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong() - startNanos);
  }
}
