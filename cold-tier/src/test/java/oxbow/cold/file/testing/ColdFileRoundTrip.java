package oxbow.cold.file.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.store.StoreException;

/** A file's bytes in memory, and what was read of them. */
public final class ColdFileRoundTrip implements ColdFileReader.RangeSource {
  public final ColdFile file;
  public final byte[] bytes;
  public int reads;
  public long readBytes;

  private ColdFileRoundTrip(ColdFile file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /** Finishes a file and takes it into memory; the file at its path is deleted. */
  public static ColdFileRoundTrip finish(ColdFileWriter writer, long endOffset) throws IOException {
    Path path = writer.path();
    try {
      ColdFile file = writer.finish("topic-0/test", endOffset);
      ColdFiles.verify(file, path);
      return new ColdFileRoundTrip(file, Files.readAllBytes(path));
    } finally {
      writer.close();
      Files.deleteIfExists(path);
    }
  }

  public ColdFileReader open() {
    return ColdFiles.open(file, this);
  }

  /** All batches, read on and on in pieces. */
  public byte[] readAll(int bytesMax) {
    var all = new ByteArrayOutputStream();
    try (ColdFileReader.Cursor cursor = open().open(file.baseOffset())) {
      while (true) {
        ByteBuffer some = cursor.next(bytesMax);
        if (!some.hasRemaining()) return all.toByteArray();
        all.write(some.array(), some.arrayOffset() + some.position(), some.remaining());
      }
    }
  }

  @Override
  public ByteBuffer read(long position, int length) {
    reads++;
    readBytes += length;
    if (position < 0 || position + length > bytes.length) {
      throw new StoreException(StoreException.Kind.INVALID, "range past the end");
    }
    return ByteBuffer.wrap(bytes, (int) position, length).slice();
  }
}
