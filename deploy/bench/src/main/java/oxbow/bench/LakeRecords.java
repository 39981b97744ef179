package oxbow.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** A shop's orders in Avro, as its services would send them: skewed, nested, behind a schema id. */
final class LakeRecords {
  /** What a table makes columns of. */
  static final String SCHEMA =
      """
      {"type":"record","name":"Order","namespace":"shop","fields":[
        {"name":"order_id","type":"long"},
        {"name":"customer_id","type":"long"},
        {"name":"created_at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"status","type":{"type":"enum","name":"Status",
          "symbols":["NEW","PAID","SHIPPED","DELIVERED","CANCELLED"]}},
        {"name":"country","type":"string"},
        {"name":"session_id","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"coupon","type":["null","string"],"default":null},
        {"name":"address","type":{"type":"record","name":"Address","fields":[
          {"name":"street","type":"string"},
          {"name":"city","type":"string"},
          {"name":"zip","type":"string"}]}},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
          {"name":"sku","type":"string"},
          {"name":"quantity","type":"int"},
          {"name":"price","type":"double"}]}}},
        {"name":"note","type":["null","string"],"default":null}]}
      """;

  private static final int DISTINCT = 8192; // enough that no codec remembers them all
  private static final String[] COUNTRIES = {"DE", "FR", "US", "GB", "PL", "NL", "IT", "ES"};
  private static final String[] STATUSES = {"NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"};

  private final byte[][] values = new byte[DISTINCT][];
  private final double meanBytes;

  /**
   * @param schemaId that records name
   * @param noteBytes of text in each record, beside about 200 bytes of the rest
   */
  LakeRecords(int schemaId, int noteBytes, long seed) {
    var random = new Random(seed);
    Schema schema = new Schema.Parser().parse(SCHEMA);
    var writer = new GenericDatumWriter<GenericRecord>(schema);
    long bytes = 0;
    for (int i = 0; i < DISTINCT; i++) {
      values[i] = framed(schemaId, order(schema, random, i, noteBytes), writer);
      bytes += values[i].length;
    }
    meanBytes = (double) bytes / DISTINCT;
  }

  byte[] value(long n) {
    return values[(int) (n % DISTINCT)];
  }

  double meanBytes() {
    return meanBytes;
  }

  private static byte[] framed(
      int schemaId, GenericRecord order, GenericDatumWriter<GenericRecord> writer) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(schemaId).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    try {
      writer.write(order, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static GenericRecord order(Schema schema, Random random, int n, int noteBytes) {
    GenericRecord order = new GenericData.Record(schema);
    long id = 1_000_000L + 7L * n + random.nextInt(5);
    order.put("order_id", id);
    order.put("customer_id", (long) (random.nextGaussian() * 200_000 + 3_000_000));
    order.put("created_at", 1_760_000_000_000L + 40L * n + random.nextInt(60_000));
    Schema status = schema.getField("status").schema();
    order.put("status", new GenericData.EnumSymbol(status, STATUSES[skewed(random, 5)]));
    order.put("country", COUNTRIES[skewed(random, COUNTRIES.length)]);
    order.put("session_id", new UUID(random.nextLong(), random.nextLong()).toString());
    order.put("amount", random.nextInt(1_000_000) / 100.0);
    order.put("coupon", random.nextInt(5) == 0 ? "SAVE" + random.nextInt(30) : null);
    GenericRecord address = new GenericData.Record(schema.getField("address").schema());
    address.put("street", "Street " + random.nextInt(9999) + ", " + random.nextInt(200));
    address.put("city", "City-" + random.nextInt(1000));
    address.put("zip", String.valueOf(10_000 + random.nextInt(89_999)));
    order.put("address", address);
    Schema items = schema.getField("items").schema();
    var list = new GenericData.Array<GenericRecord>(3, items);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      GenericRecord item = new GenericData.Record(items.getElementType());
      item.put("sku", "SKU-" + (100_000 + random.nextInt(200_000)));
      item.put("quantity", 1 + skewed(random, 5));
      item.put("price", random.nextInt(40_000) / 100.0);
      list.add(item);
    }
    order.put("items", list);
    if (noteBytes > 0) order.put("note", text(random, noteBytes));
    return order;
  }

  /** Made of some thousand words, so that it can be compressed as text can. */
  private static String text(Random random, int bytes) {
    var text = new StringBuilder();
    while (text.length() < bytes) {
      text.append(Integer.toString(random.nextInt(20_000), 36)).append(' ');
    }
    return text.toString();
  }

  private static int skewed(Random random, int bound) {
    return Math.min(random.nextInt(bound), random.nextInt(bound));
  }
}
