package oxbow.cold.erase;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import oxbow.log.SealedSegments;

/** Keys that are to be erased, byte for byte. Immutable. */
public final class ErasedKeys implements SealedSegments.Keys {
  private final Set<ByteBuffer> keys = new HashSet<>();
  private final int bytesMax;

  /**
   * @throws IllegalArgumentException there is none, or one is empty of bytes
   */
  public ErasedKeys(Collection<byte[]> keys) {
    for (byte[] key : keys) this.keys.add(ByteBuffer.wrap(key.clone()).asReadOnlyBuffer());
    if (this.keys.isEmpty()) throw new IllegalArgumentException("there is no key to erase");
    bytesMax = this.keys.stream().mapToInt(ByteBuffer::remaining).max().orElse(0);
  }

  @Override
  public boolean contains(ByteBuffer key) {
    return keys.contains(key);
  }

  @Override
  public int bytesMax() {
    return bytesMax;
  }

  public int count() {
    return keys.size();
  }

  /** What a report may show of them: SHA-256, in order. */
  public List<String> digests() {
    return keys.stream().map(ErasedKeys::digest).sorted().toList();
  }

  private static String digest(ByteBuffer key) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(key.duplicate());
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
