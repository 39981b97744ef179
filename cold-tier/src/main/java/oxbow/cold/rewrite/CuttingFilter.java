package oxbow.cold.rewrite;

import java.io.IOException;
import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.RecordCutter;

/** Looks at one batch after the other: what leaves records out begins here. */
public abstract class CuttingFilter implements BatchFilter, AutoCloseable {
  private final RecordCutter cutter;
  private ByteBuffer out = ByteBuffer.allocate(0);

  /**
   * @param cutter closed with this
   */
  protected CuttingFilter(RecordCutter cutter) {
    this.cutter = cutter;
  }

  /** One that leaves markers alone; a batch that loses all its records goes on as its header. */
  public static CuttingFilter keepingHeaders(RecordCutter cutter) {
    return new CuttingFilter(cutter) {
      @Override
      protected ByteBuffer kept(ByteBuffer batch) {
        return BatchView.isControl(batch, 0) ? batch : cut(batch);
      }
    };
  }

  /** How many records of some batches would go; the buffer stays as it is. */
  public static long count(ByteBuffer batches, RecordCutter cutter) {
    long records = 0;
    for (int at = batches.position(); at < batches.limit(); ) {
      ByteBuffer batch = batches.slice(at, BatchView.sizeBytes(batches, at));
      at += batch.limit();
      if (BatchView.isControl(batch, 0)) continue;
      try {
        records += cutter.count(batch);
      } catch (IOException e) {
        throw RecordCutter.unreadable(batch, e);
      }
    }
    return records;
  }

  /**
   * What becomes of a batch, alone in its buffer.
   *
   * @return the same buffer if it stays as it is; an empty one if nothing of it does
   */
  protected abstract ByteBuffer kept(ByteBuffer batch);

  /** A batch without the records that the cutter chooses. */
  protected final ByteBuffer cut(ByteBuffer batch) {
    try {
      return cutter.cut(batch);
    } catch (IOException e) {
      throw RecordCutter.unreadable(batch, e);
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a batch that stays is handed back
  public final ByteBuffer apply(ByteBuffer batches) {
    boolean isChanged = false;
    for (int at = batches.position(); at < batches.limit(); ) {
      ByteBuffer batch = batches.slice(at, BatchView.sizeBytes(batches, at));
      ByteBuffer kept = kept(batch);
      if (!isChanged && kept != batch) {
        isChanged = true;
        out.clear();
        put(batches.slice(batches.position(), at - batches.position()));
      }
      if (isChanged) put(kept.duplicate());
      at += batch.limit();
    }
    return isChanged ? out.flip() : batches;
  }

  private void put(ByteBuffer bytes) {
    if (out.remaining() < bytes.remaining()) {
      int needed = out.position() + bytes.remaining();
      out = ByteBuffer.allocate(Math.max(needed, out.capacity() * 2)).put(out.flip());
    }
    out.put(bytes);
  }

  @Override
  public long droppedRecords() {
    return cutter.droppedRecords();
  }

  @Override
  public void close() {
    cutter.close();
  }
}
