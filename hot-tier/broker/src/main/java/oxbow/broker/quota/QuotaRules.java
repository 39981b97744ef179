package oxbow.broker.quota;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one kind, by whom they count for. Immutable. The most specific one counts: user and
 * client, then user, then client, and each exact name before its default.
 */
record QuotaRules(Map<Who, Double> limits) {
  static final QuotaRules NONE = new QuotaRules(Map.of());

  /** Stands for every name without a limit of its own. */
  private static final String DEFAULT = "<default>";

  QuotaRules {
    limits = Map.copyOf(limits);
  }

  /**
   * Whom a limit counts for; null: it does not look at that. {@link #DEFAULT} can't be mistaken for
   * a name: exact and default names are told apart by the flags.
   */
  record Who(
      @Nullable String user,
      boolean isDefaultUser,
      @Nullable String client,
      boolean isDefaultClient) {
    static Who user(String user) {
      return new Who(user, false, null, false);
    }

    static Who client(String client) {
      return new Who(null, false, client, false);
    }

    static Who both(String user, String client) {
      return new Who(user, false, client, false);
    }

    Who withDefaultUser() {
      return new Who(DEFAULT, true, client, isDefaultClient);
    }

    Who withDefaultClient() {
      return new Who(user, isDefaultUser, DEFAULT, true);
    }
  }

  /**
   * A limit for one client.
   *
   * @param shares all clients with equal {@code shares} use it up together
   */
  record Limit(Who shares, double perSecond) {}

  /** The limit that counts for a client, if there is one. */
  @Nullable Limit find(String user, String client) {
    Who both = Who.both(user, client);
    Who userOnly = Who.user(user);
    Who clientOnly = Who.client(client);
    Limit limit = first(both, both, both.withDefaultClient());
    if (limit == null) limit = first(userOnly, userOnly);
    if (limit == null) {
      limit = first(both, both.withDefaultUser(), both.withDefaultUser().withDefaultClient());
    }
    if (limit == null) limit = first(userOnly, userOnly.withDefaultUser());
    return limit == null ? first(clientOnly, clientOnly, clientOnly.withDefaultClient()) : limit;
  }

  /** The limit of an address, exact or default. */
  @Nullable Limit find(String address) {
    return first(Who.client(address), Who.client(address), Who.client(address).withDefaultClient());
  }

  /** The same rules but for one; null removes it. */
  QuotaRules with(Who who, @Nullable Double perSecond) {
    var changed = new HashMap<>(limits);
    if (perSecond == null) {
      changed.remove(who);
    } else {
      changed.put(who, perSecond);
    }
    return new QuotaRules(changed);
  }

  /** Reads Kafka's form: an absent type is not looked at, a null name is the default. */
  static Who who(ClientQuotaEntity entity) {
    Map<String, String> names = entity.entries();
    if (names.containsKey(ClientQuotaEntity.IP)) {
      String address = names.get(ClientQuotaEntity.IP);
      return address == null ? Who.client("").withDefaultClient() : Who.client(address);
    }
    String user = names.get(ClientQuotaEntity.USER);
    String client = names.get(ClientQuotaEntity.CLIENT_ID);
    Who who = new Who(user, false, client, false);
    if (user == null && names.containsKey(ClientQuotaEntity.USER)) who = who.withDefaultUser();
    if (client == null && names.containsKey(ClientQuotaEntity.CLIENT_ID)) {
      who = who.withDefaultClient();
    }
    return who;
  }

  private @Nullable Limit first(Who shares, Who... candidates) {
    for (Who candidate : candidates) {
      Double perSecond = limits.get(candidate);
      if (perSecond != null) return new Limit(shares, perSecond);
    }
    return null;
  }
}
