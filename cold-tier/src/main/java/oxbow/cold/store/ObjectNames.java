package oxbow.cold.store;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;

/**
 * Which names objects may have: those that every store and every engine takes the same way. Parts
 * between slashes, none of them empty, {@code .} or {@code ..}; no control characters; at most 1024
 * bytes of UTF-8.
 */
public final class ObjectNames {
  private static final int BYTES_MAX = 1024;

  /** The order in which stores list: by the bytes of UTF-8. */
  public static final Comparator<String> ORDER = ObjectNames::compare;

  private ObjectNames() {}

  /** Refuses a name that no object can have. */
  static void check(String name) {
    String wrong = wrong(name);
    if (wrong != null) {
      throw new StoreException(Kind.INVALID, "no object can be called \"" + name + "\": " + wrong);
    }
  }

  /** Whether an object can be called so. */
  public static boolean isLegal(String name) {
    return wrong(name) == null;
  }

  private static @Nullable String wrong(String name) {
    int bytes = 0;
    int partStart = 0;
    for (int at = 0; at < name.length(); ) {
      int character = name.codePointAt(at);
      if (character == '/') {
        String wrong = wrongPart(name.substring(partStart, at));
        if (wrong != null) return wrong;
        partStart = at + 1;
      }
      if (Character.isISOControl(character)) return "it has a control character";
      if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
        return "it is not Unicode";
      }
      bytes += utf8Bytes(character);
      at += Character.charCount(character);
    }
    if (bytes > BYTES_MAX) return "it is longer than " + BYTES_MAX + " bytes";
    return wrongPart(name.substring(partStart));
  }

  private static @Nullable String wrongPart(String part) {
    if (part.isEmpty()) return "a part of it is empty";
    return part.equals(".") || part.equals("..")
        ? "a part of it is a way through directories"
        : null;
  }

  static int utf8Bytes(int character) {
    if (character < 0x80) return 1;
    if (character < 0x800) return 2;
    return character < 0x10000 ? 3 : 4;
  }

  private static int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x == y) continue;
      // Surrogates stand for characters above all others, and lie below some of them.
      boolean xIsAbove = Character.isSurrogate(x);
      boolean yIsAbove = Character.isSurrogate(y);
      if (xIsAbove != yIsAbove) return xIsAbove ? 1 : -1;
      return Character.compare(x, y);
    }
    return Integer.compare(a.length(), b.length());
  }
}
