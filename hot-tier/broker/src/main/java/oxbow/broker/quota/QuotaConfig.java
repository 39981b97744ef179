package oxbow.broker.quota;

/**
 * Over what time rates are measured. Names and defaults are Kafka's.
 *
 * @param windows samples a client's rate is made of [{@code quota.window.num}]
 * @param windowSeconds length of each [{@code quota.window.size.seconds}]
 * @param controllerWindows the same for changes of metadata [{@code controller.quota.window.num}]
 * @param controllerWindowSeconds and their length [{@code controller.quota.window.size.seconds}]
 */
public record QuotaConfig(
    int windows, int windowSeconds, int controllerWindows, int controllerWindowSeconds) {
  public static final QuotaConfig DEFAULT = new QuotaConfig(11, 1, 11, 1);

  public QuotaConfig {
    atLeastOne("quota.window.num", windows);
    atLeastOne("quota.window.size.seconds", windowSeconds);
    atLeastOne("controller.quota.window.num", controllerWindows);
    atLeastOne("controller.quota.window.size.seconds", controllerWindowSeconds);
  }

  private static void atLeastOne(String key, int value) {
    if (value < 1) throw new IllegalArgumentException(key + " must be at least 1, not " + value);
  }
}
