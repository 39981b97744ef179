package oxbow.cold.erase;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import oxbow.log.SealedSegments;
import oxbow.schema.Schemas;

/** Keys that are to be erased: byte for byte, or by what they mean. Used by one order. */
public final class ErasedKeys implements SealedSegments.Keys {
  private final Set<ByteBuffer> keys = new HashSet<>();
  private final List<String> texts;
  private final JsonKeys meant;
  private final int bytesMax;

  /**
   * @throws IllegalArgumentException there is none
   */
  public ErasedKeys(Collection<byte[]> keys) {
    this(keys, List.of());
  }

  /**
   * @param texts keys as JSON: whatever bytes stand for them, by the schemas of the registry
   * @throws IllegalArgumentException there is none, or a text is no JSON
   */
  public ErasedKeys(Collection<byte[]> keys, Collection<String> texts) {
    this(keys, texts, Schemas.NONE, "");
  }

  private ErasedKeys(
      Collection<byte[]> keys, Collection<String> texts, Schemas schemas, String topic) {
    for (byte[] key : keys) this.keys.add(ByteBuffer.wrap(key.clone()).asReadOnlyBuffer());
    this.texts = texts.stream().distinct().toList();
    meant = new JsonKeys(this.texts, schemas, topic);
    if (count() == 0) throw new IllegalArgumentException("there is no key to erase");
    int longest = this.keys.stream().mapToInt(ByteBuffer::remaining).max().orElse(0);
    bytesMax = this.texts.isEmpty() ? longest : Integer.MAX_VALUE;
  }

  /** The same keys for an order of its own: those in JSON are looked for by these schemas. */
  ErasedKeys of(String topic, Schemas schemas) {
    List<byte[]> bytes = new ArrayList<>();
    for (ByteBuffer key : keys) {
      byte[] copy = new byte[key.remaining()];
      key.duplicate().get(copy);
      bytes.add(copy);
    }
    return new ErasedKeys(bytes, texts, schemas, topic);
  }

  @Override
  public boolean contains(ByteBuffer key) {
    return keys.contains(key) || (!texts.isEmpty() && meant.contains(key));
  }

  @Override
  public int bytesMax() {
    return bytesMax;
  }

  public int count() {
    return keys.size() + texts.size();
  }

  /** What a report may show of them: SHA-256, in order; of JSON that of the text. */
  public List<String> digests() {
    List<String> digests = new ArrayList<>();
    for (ByteBuffer key : keys) digests.add(digest(key.duplicate()));
    for (String text : texts) digests.add(digest(ByteBuffer.wrap(text.getBytes(UTF_8))));
    return digests.stream().sorted().toList();
  }

  /** Schemas by which keys were read, to find those that were given as JSON. */
  public List<String> readBy() {
    return meant.readBy();
  }

  /** Schemas that keys are marked with and nobody knows: whether these are meant can't be told. */
  public List<String> unknownSchemas() {
    return meant.unknownSchemas();
  }

  private static String digest(ByteBuffer key) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(key);
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
