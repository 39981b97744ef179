package oxbow.query.rows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/** Batches as a stream of Arrow, piece by piece. Confined to one thread. */
public final class ArrowBytes {
  private final int pieceBytes;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final WriteChannel channel = new WriteChannel(new Pieces());
  private Runnable flush = () -> {};

  /**
   * @param pieceBytes after which a piece is handed on
   */
  public ArrowBytes(int pieceBytes) {
    this.pieceBytes = pieceBytes;
  }

  public void begin(Schema schema) {
    try {
      long _ = MessageSerializer.serialize(channel, schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The rows of a batch.
   *
   * @param flushing called whenever a piece is full, and at the end; takes it
   */
  public void batch(VectorSchemaRoot batch, Runnable flushing) {
    flush = flushing;
    try (ArrowRecordBatch unloaded = new VectorUnloader(batch).getRecordBatch()) {
      Object _ = MessageSerializer.serialize(channel, unloaded);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      flush = () -> {};
    }
    flushing.run();
  }

  /** The mark without which a stream is no whole one. */
  public void end() {
    try {
      ArrowStreamWriter.writeEndOfStream(channel, IpcOption.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean isEmpty() {
    return out.size() == 0;
  }

  /** What was written since the last time. */
  public byte[] take() {
    byte[] taken = out.toByteArray();
    out.reset();
    return taken;
  }

  private final class Pieces implements WritableByteChannel {
    @Override
    public int write(ByteBuffer from) {
      int count = from.remaining();
      byte[] piece = new byte[Math.min(count, pieceBytes)];
      while (from.hasRemaining()) {
        int length = Math.min(from.remaining(), piece.length);
        from.get(piece, 0, length);
        out.write(piece, 0, length);
        if (out.size() >= pieceBytes) flush.run();
      }
      return count;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
