package oxbow.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import oxbow.broker.net.Client;
import oxbow.log.testing.ManualClock;

final class ClientQuotasTest {
  private static final String PRODUCE = "producer_byte_rate";

  private final ManualClock clock = new ManualClock(1);
  private final ClientQuotas quotas = new ClientQuotas(QuotaConfig.DEFAULT, clock::nanos);

  @Test
  void withoutQuotasNothingIsCounted() {
    assertThat(quotas.isActive()).isFalse();
    assertThat(quotas.produced(client("ann", "app"), 1L << 40)).isZero();
    assertThat(quotas.connected(InetAddress.getLoopbackAddress())).isZero();

    set(PRODUCE, "ann", "app", 1.0);
    assertThat(quotas.isActive()).isTrue();
    assertThat(quotas.produced(client("ann", "app"), 1_000_000)).isPositive();

    remove(PRODUCE, "ann", "app");
    assertThat(quotas.isActive()).isFalse();
    assertThat(quotas.produced(client("ann", "app"), 1L << 40)).isZero();
  }

  /** In the order of Kafka's documentation; each wins over all that follow. */
  @Test
  void theMostSpecificQuotaCounts() {
    @Nullable String[][] rules = {
      {"ann", "app"},
      {"ann", ""},
      {"ann", null},
      {"", "app"},
      {"", ""},
      {"", null},
      {null, "app"},
      {null, ""}
    };
    for (int i = rules.length - 1; i >= 0; i--) {
      set(PRODUCE, rules[i][0], rules[i][1], 100.0 * (i + 1));
    }
    for (int i = 0; i < rules.length; i++) {
      // Eleven windows of one second are ten full seconds at least: over it by as much again.
      double perSecond = 100.0 * (i + 1);
      assertThat(quotas.produced(client("ann", "app"), (long) (20 * perSecond)))
          .as("rule %s", i)
          .isEqualTo(10_000);
      clock.advance(60_000);
      remove(PRODUCE, rules[i][0], rules[i][1]);
    }
    assertThat(quotas.isActive()).isFalse();
  }

  @Test
  void aUsersQuotaIsSharedByItsClientsAndADefaultByNobody() {
    set(PRODUCE, "ann", null, 100.0);
    set(PRODUCE, "", null, 100.0);

    assertThat(quotas.produced(client("ann", "one"), 900)).isZero();
    assertThat(quotas.produced(client("ann", "two"), 900)).isEqualTo(8_000);
    assertThat(quotas.produced(client("bob", "one"), 900)).isZero();
    assertThat(quotas.produced(client("cid", "one"), 900)).isZero();
  }

  @Test
  void whatWasUsedLongAgoDoesNotCount() {
    set(PRODUCE, null, "app", 100.0);
    assertThat(quotas.produced(client("ann", "app"), 2_000)).isEqualTo(10_000);
    clock.advance(12_000);

    assertThat(quotas.produced(client("ann", "app"), 900)).isZero();
  }

  @Test
  void kindsAreCountedApart() {
    set(PRODUCE, null, "app", 100.0);
    set("consumer_byte_rate", null, "app", 1_000.0);

    assertThat(quotas.produced(client("ann", "app"), 2_000)).isEqualTo(10_000);
    assertThat(quotas.fetched(client("ann", "app"), 2_000)).isZero();
    assertThat(quotas.fetched(client("ann", "app"), 20_000)).isEqualTo(12_000);
    assertThat(quotas.worked(client("ann", "app"), Long.MAX_VALUE / 2)).isZero();
  }

  @Test
  void aPauseForUsedUpTimeIsNeverLongerThanAWindow() {
    set("request_percentage", null, "app", 10.0); // of one thread's time

    assertThat(quotas.worked(client("ann", "app"), 1_000_000_000)).isZero();
    assertThat(quotas.worked(client("ann", "app"), 9_000_000_000L)).isEqualTo(1_000);
  }

  @Test
  void aStrictMutationQuotaRefusesOnceItIsOverdrawnAndRefillsSteadily() {
    set("controller_mutation_rate", "ann", null, 2.0); // a bucket of 22 permits
    MutationQuota quota = quotas.mutations(client("ann", "admin"), true);
    assertThatNoException().isThrownBy(() -> quota.accept(20));
    assertThatNoException().isThrownBy(() -> quota.accept(12)); // overdraws by ten

    assertThatExceptionOfType(ThrottlingQuotaExceededException.class)
        .isThrownBy(() -> quota.accept(1))
        .matches(e -> e.throttleTimeMs() == 5_000);
    assertThat(quota.throttleMs()).isEqualTo(5_000);

    clock.advance(5_000);
    MutationQuota next = quotas.mutations(client("ann", "admin"), true);
    assertThatNoException().isThrownBy(() -> next.accept(1));
    assertThat(next.throttleMs()).isZero();
  }

  @Test
  void aPermissiveMutationQuotaOnlyMakesTheClientPause() {
    set("controller_mutation_rate", "ann", null, 2.0);
    MutationQuota quota = quotas.mutations(client("ann", "admin"), false);

    assertThatNoException().isThrownBy(() -> quota.accept(42));

    assertThat(quota.throttleMs()).isEqualTo(10_000);
  }

  @Test
  void connectionsAreCountedByTheirAddress() throws UnknownHostException {
    InetAddress slow = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
    InetAddress usual = InetAddress.getByAddress(new byte[] {10, 0, 0, 2});
    change(new HashMap<>(Map.of("ip", "10.0.0.1")), "connection_creation_rate", 1.0);
    var byDefault = new HashMap<String, @Nullable String>();
    byDefault.put("ip", null);
    change(byDefault, "connection_creation_rate", 5.0);

    for (int i = 0; i < 10; i++) assertThat(quotas.connected(slow)).isZero();
    for (int i = 0; i < 50; i++) assertThat(quotas.connected(usual)).isZero();
    // One too many: closed after a while, and not counted, so that it does not wait forever.
    for (int i = 0; i < 5; i++) assertThat(quotas.connected(slow)).isEqualTo(1_000);
    clock.advance(12_000);
    assertThat(quotas.connected(slow)).isZero();
  }

  @Test
  void clientsThatNeverComeBackAreForgotten() {
    set(PRODUCE, null, "", 100.0);
    for (int i = 0; i < 5_000; i++) {
      assertThat(quotas.produced(client("ann", "client-" + i), 10)).isZero();
      clock.advance(100);
    }
    assertThat(quotas.metersHeld()).isLessThan(2_100);
  }

  @Test
  void unknownQuotasAreIgnored() {
    set("wishes_per_day", "ann", null, 3.0);

    assertThat(quotas.isActive()).isFalse();
  }

  private void set(String key, @Nullable String user, @Nullable String client, double perSecond) {
    change(entity(user, client), key, perSecond);
  }

  private void remove(String key, @Nullable String user, @Nullable String client) {
    change(entity(user, client), key, null);
  }

  private void change(Map<String, @Nullable String> names, String key, @Nullable Double value) {
    quotas.change(
        new ClientQuotaEntity(names),
        Map.of(key, value == null ? OptionalDouble.empty() : OptionalDouble.of(value)));
  }

  /** Null: not looked at; empty: the default. */
  private static Map<String, @Nullable String> entity(
      @Nullable String user, @Nullable String client) {
    var names = new HashMap<String, @Nullable String>();
    if (user != null) names.put("user", user.isEmpty() ? null : user);
    if (client != null) names.put("client-id", client.isEmpty() ? null : client);
    return names;
  }

  private static Client client(String user, String clientId) {
    return new Client(
        "connection",
        InetAddress.getLoopbackAddress(),
        50_000,
        new ListenerName("PLAINTEXT"),
        new KafkaPrincipal(KafkaPrincipal.USER_TYPE, user),
        clientId,
        "unknown",
        "unknown");
  }
}
