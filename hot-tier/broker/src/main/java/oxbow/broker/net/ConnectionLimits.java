package oxbow.broker.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** How many connections there are, in all and by address, and how many may be. Thread-safe. */
final class ConnectionLimits {
  private final int max;
  private final int perAddressMax;
  private final Map<InetAddress, Integer> overrides;
  private final Map<InetAddress, Integer> byAddress = new HashMap<>(); // guarded by this
  private int count; // guarded by this
  private boolean wasFull; // guarded by this: somebody waits for a place
  private final Runnable onRoom;

  /**
   * @param onRoom called, by whatever thread, when a connection went while someone waits for a
   *     place
   */
  ConnectionLimits(NetConfig config, Runnable onRoom) {
    this.max = config.connectionsMax();
    this.perAddressMax = config.connectionsPerAddressMax();
    this.overrides = config.connectionsPerAddressOverrides();
    this.onRoom = onRoom;
  }

  /** Whether one more may be accepted; if not, {@code onRoom} tells when. */
  synchronized boolean hasRoom() {
    if (count < max) return true;
    wasFull = true;
    return false;
  }

  /** Takes a place if the address may have one more. Give it back by {@link #close}. */
  synchronized boolean open(InetAddress address) {
    int max = overrides.getOrDefault(address, perAddressMax);
    int now = byAddress.getOrDefault(address, 0);
    if (now >= max) return false;
    byAddress.put(address, now + 1);
    count++;
    return true;
  }

  void close(InetAddress address) {
    boolean isWaitedFor;
    synchronized (this) {
      byAddress.computeIfPresent(address, (_, now) -> now > 1 ? now - 1 : null);
      count--;
      isWaitedFor = wasFull;
      wasFull = false;
    }
    if (isWaitedFor) onRoom.run();
  }
}
