package oxbow.cold.table;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;
import org.apache.iceberg.io.SupportsBulkOperations;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.ObjectStore.ObjectInfo;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * Iceberg's files as objects of a store. What is written here is small (metadata, manifests) and
 * held in memory until it is whole. Never serialized, whatever Iceberg's interface says.
 */
final class ObjectFileIO implements SupportsBulkOperations {
  /** Small objects come whole with the first read; of others a piece at a time. */
  private static final int PIECE_BYTES = 4 << 20;

  /** With an extension, as a directory spells files without one otherwise. */
  private static final String PROBE = "x.probe";

  private static final String FILE = "file://";

  private final transient ObjectStore store;
  private final String root;

  /** How the root begins as well: engines spell what they wrote as their file systems do. */
  private final List<String> otherRoots;

  ObjectFileIO(ObjectStore store) {
    this.store = store;
    String probe = store.location(PROBE);
    this.root = probe.substring(0, probe.length() - PROBE.length());
    this.otherRoots = otherRoots(root);
  }

  /** Hadoop's file system writes one slash, others the path alone. */
  private static List<String> otherRoots(String root) {
    if (!root.startsWith(FILE)) return List.of();
    String path = root.substring(FILE.length());
    return List.of("file:" + path, path);
  }

  /** The object at a location. */
  String name(String location) {
    if (location.startsWith(root)) return location.substring(root.length());
    for (String other : otherRoots) {
      if (location.startsWith(other)) return location.substring(other.length());
    }
    throw new StoreException(Kind.INVALID, location + " doesn't lie in the bucket at " + root);
  }

  /** Where Iceberg and other engines find an object. Reverses {@link #name}. */
  String location(String name) {
    return root + name;
  }

  @Override
  public InputFile newInputFile(String location) {
    return new ObjectInput(location, -1);
  }

  @Override
  public InputFile newInputFile(String location, long length) {
    return new ObjectInput(location, length);
  }

  @Override
  public OutputFile newOutputFile(String location) {
    return new ObjectOutput(location);
  }

  @Override
  public void deleteFile(String location) {
    store.delete(List.of(name(location)));
  }

  @Override
  public void deleteFiles(Iterable<String> locations) {
    List<String> names = new ArrayList<>();
    for (String location : locations) names.add(name(location));
    store.delete(names);
  }

  /** In the words that engines know from their own file systems. */
  private static NotFoundException missing(String location) {
    return new NotFoundException("Failed to open input stream for file: %s", location);
  }

  private final class ObjectInput implements InputFile {
    private final String location;
    private long length;

    ObjectInput(String location, long length) {
      this.location = location;
      this.length = length;
    }

    @Override
    public long getLength() {
      if (length < 0) {
        length =
            store.find(name(location)).map(ObjectInfo::bytes).orElseThrow(() -> missing(location));
      }
      return length;
    }

    @Override
    public SeekableInputStream newStream() {
      return new ObjectInputStream(name(location), getLength());
    }

    @Override
    public String location() {
      return location;
    }

    @Override
    public boolean exists() {
      return store.find(name(location)).isPresent();
    }
  }

  private final class ObjectInputStream extends SeekableInputStream {
    private final String name;
    private final long length;
    private ByteBuffer piece = ByteBuffer.allocate(0);
    private long pieceStart;

    ObjectInputStream(String name, long length) {
      this.name = name;
      this.length = length;
    }

    @Override
    public long getPos() {
      return pieceStart + piece.position();
    }

    @Override
    public void seek(long position) throws IOException {
      if (position < 0 || position > length) {
        throw new EOFException(name + " has " + length + " bytes, sought " + position);
      }
      long inPiece = position - pieceStart;
      if (inPiece >= 0 && inPiece <= piece.limit()) {
        piece.position((int) inPiece);
      } else {
        piece = ByteBuffer.allocate(0);
        pieceStart = position;
      }
    }

    @Override
    public int read() {
      return fill() ? piece.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int count) {
      if (count == 0) return 0;
      if (!fill()) return -1;
      int read = Math.min(count, piece.remaining());
      piece.get(to, offset, read);
      return read;
    }

    private boolean fill() {
      if (piece.hasRemaining()) return true;
      long position = getPos();
      if (position >= length) return false;
      try {
        piece = store.read(name, position, (int) Math.min(PIECE_BYTES, length - position));
        pieceStart = position;
        return true;
      } catch (StoreException e) {
        if (e.kind() == Kind.NOT_FOUND) throw new NotFoundException(e, "%s is gone", name);
        throw e;
      }
    }
  }

  private final class ObjectOutput implements OutputFile {
    private final String location;

    ObjectOutput(String location) {
      this.location = location;
    }

    @Override
    public PositionOutputStream create() {
      return createOrOverwrite();
    }

    /** Iceberg puts something unique into every name, so nothing is ever overwritten. */
    @Override
    public PositionOutputStream createOrOverwrite() {
      return new ObjectOutputStream(name(location));
    }

    @Override
    public String location() {
      return location;
    }

    @Override
    public InputFile toInputFile() {
      return newInputFile(location);
    }
  }

  private final class ObjectOutputStream extends PositionOutputStream {
    private final String name;
    private @Nullable ByteArrayOutputStream body = new ByteArrayOutputStream();
    private long written;

    ObjectOutputStream(String name) {
      this.name = name;
    }

    private ByteArrayOutputStream body() throws IOException {
      if (body == null) throw new IOException(name + " is written already");
      return body;
    }

    @Override
    public long getPos() {
      return written;
    }

    @Override
    public void write(int b) throws IOException {
      body().write(b);
      written++;
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      body().write(from, offset, length);
      written += length;
    }

    @Override
    public void close() {
      if (body == null) return;
      ByteBuffer whole = ByteBuffer.wrap(body.toByteArray());
      body = null;
      store.put(name, whole);
    }
  }
}
