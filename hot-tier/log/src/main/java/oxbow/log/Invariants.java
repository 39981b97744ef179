package oxbow.log;

/** Checks of facts that only a bug of ours can break. */
public final class Invariants {
  private Invariants() {}

  /** Throws {@link BrokenInvariantException} unless {@code holds}. */
  public static void invariant(boolean holds, String broken, long value) {
    if (!holds) throw new BrokenInvariantException(broken + " (" + value + ")");
  }
}
