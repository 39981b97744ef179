package oxbow.log.batch;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How the key and the value of the record in work begin, and the headers beside them that its
 * {@link RecordCheck} asks for. One of them serves a whole batch, filled anew by each record. Hot
 * path.
 */
public final class RecordStart {
  private static final int FIELDS = 4;

  private final RecordCheck check;
  private final ByteBuffer keyHeaderName;
  private final ByteBuffer valueHeaderName;
  private final ByteBuffer name;
  private final ByteBuffer kept = ByteBuffer.allocate(FIELDS * RecordCheck.SHOWN_BYTES_MAX);

  private final Field key = new Field(0);
  private final Field value = new Field(1);
  private final Field keyHeader = new Field(2);
  private final Field valueHeader = new Field(3);

  RecordStart(RecordCheck check) {
    this.check = check;
    this.keyHeaderName = ByteBuffer.wrap(check.keyHeader());
    this.valueHeaderName = ByteBuffer.wrap(check.valueHeader());
    this.name = ByteBuffer.allocate(Math.max(keyHeaderName.capacity(), valueHeaderName.capacity()));
  }

  public Field key() {
    return key;
  }

  public Field value() {
    return value;
  }

  /** The last header of that name. */
  public Field keyHeader() {
    return keyHeader;
  }

  /** The last header of that name. */
  public Field valueHeader() {
    return valueHeader;
  }

  boolean isAccepted() {
    return check.accepts(this);
  }

  String reason() {
    return check.reason(this);
  }

  void hasNoHeaders() {
    keyHeader.isNull();
    valueHeader.isNull();
  }

  /** Whether a header's name of this length may be one of the two. */
  boolean mayBeAsked(int nameBytes) {
    return nameBytes == keyHeaderName.capacity() || nameBytes == valueHeaderName.capacity();
  }

  /** Where a header's name is put together that {@link #mayBeAsked} and lies in two windows. */
  ByteBuffer name() {
    return name;
  }

  /**
   * Where the value of the header with a name belongs; null: nobody asks for it.
   *
   * @param memory where the name lies from {@code at} on, big-endian
   */
  @Nullable Field asked(ByteBuffer memory, int at, int nameBytes) {
    if (isName(keyHeaderName, memory, at, nameBytes)) return keyHeader;
    return isName(valueHeaderName, memory, at, nameBytes) ? valueHeader : null;
  }

  private static boolean isName(ByteBuffer wanted, ByteBuffer memory, int at, int nameBytes) {
    if (nameBytes != wanted.capacity()) return false;
    int i = 0;
    for (; i <= nameBytes - Long.BYTES; i += Long.BYTES) {
      if (wanted.getLong(i) != memory.getLong(at + i)) return false;
    }
    for (; i < nameBytes; i++) {
      if (wanted.get(i) != memory.get(at + i)) return false;
    }
    return true;
  }

  /** One field: in the batch itself, or, where that is cut into windows, a copy of its start. */
  public final class Field {
    private final int keptAt;
    private ByteBuffer memory = kept;
    private int at;
    private int bytes;

    private Field(int number) {
      this.keptAt = number * RecordCheck.SHOWN_BYTES_MAX;
    }

    /** Where it lies. Big-endian, its position and limit have no meaning. */
    public ByteBuffer memory() {
      return memory;
    }

    /** The position of its first byte. */
    public int at() {
      return at;
    }

    /** All its bytes, not all of which are there to be read; negative: null or absent. */
    public int bytes() {
      return bytes;
    }

    void isNull() {
      bytes = -1;
    }

    void lies(ByteBuffer memory, int at, int bytes) {
      this.memory = memory;
      this.at = at;
      this.bytes = bytes;
    }

    /** It is put together by {@link #keep}. */
    void isKept(int bytes) {
      lies(kept, keptAt, bytes);
    }

    void keep(int index, byte next) {
      kept.put(keptAt + index, next);
    }
  }
}
