package oxbow.cold.file.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * A shop's orders as benchmarks and golden files use them: skewed values, framed Avro of about 200
 * bytes, string keys, batches of 500 records from four idempotent producers.
 */
public final class OrderEvents {
  public static final int SCHEMA_ID = 17;
  public static final int BATCH_RECORDS = 500;

  private static final String SCHEMA =
      """
      {"type":"record","name":"OrderEvent","namespace":"shop","fields":[
        {"name":"order_id","type":"long"},
        {"name":"customer_id","type":"long"},
        {"name":"created_at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"status","type":{"type":"enum","name":"Status",
          "symbols":["NEW","PAID","SHIPPED","DELIVERED","CANCELLED"]}},
        {"name":"country","type":"string"},
        {"name":"channel","type":"string"},
        {"name":"session_id","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"discount","type":"double"},
        {"name":"coupon","type":["null","string"]},
        {"name":"address","type":{"type":"record","name":"Address","fields":[
          {"name":"street","type":"string"},
          {"name":"city","type":"string"},
          {"name":"zip","type":"string"}]}},
        {"name":"referrer","type":"string"},
        {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
          {"name":"sku","type":"string"},
          {"name":"qty","type":"int"},
          {"name":"price","type":"double"}]}}}%s]}
      """;

  private static final String[] COUNTRIES = {"DE", "FR", "US", "GB", "PL", "NL", "IT", "ES"};
  private static final String[] CHANNELS = {"web", "app", "store"};

  private final Random random;
  private final boolean hasText;
  private final Schema schema;
  private long orderId = 1_000_000;

  /**
   * @param hasText adds 800 bytes of text to each record
   */
  public OrderEvents(long seed, boolean hasText) {
    this.random = new Random(seed);
    this.hasText = hasText;
    String text = hasText ? ",{\"name\":\"note\",\"type\":\"string\"}" : "";
    this.schema = new Schema.Parser().parse(SCHEMA.replace("%s", text));
  }

  public Schema schema() {
    return schema;
  }

  /** Batches that follow each other, each alone. */
  public List<TestBatch> batches(int count) {
    List<TestBatch> batches = new ArrayList<>();
    var sequences = new int[4];
    for (int i = 0; i < count; i++) {
      var batch = new TestBatch();
      batch.baseOffset = (long) i * BATCH_RECORDS;
      batch.leaderEpoch = 3;
      batch.baseTimestampMs = 1_700_000_000_000L + i * 250L;
      int producer = random.nextInt(sequences.length);
      batch.producerId = 4000L + producer;
      batch.producerEpoch = 0;
      batch.baseSequence = sequences[producer];
      sequences[producer] += BATCH_RECORDS;
      for (int r = 0; r < BATCH_RECORDS; r++) add(batch, r);
      batches.add(batch);
    }
    return batches;
  }

  private void add(TestBatch batch, int delta) {
    List<TestBatch.TestHeader> headers =
        random.nextInt(10) == 0
            ? List.of(
                new TestBatch.TestHeader(
                    "traceparent".getBytes(UTF_8),
                    ("00-" + hex(32) + "-" + hex(16) + "-01").getBytes(UTF_8)))
            : List.of();
    byte[] key = ("order-" + random.nextInt(50_000)).getBytes(UTF_8);
    batch.records.add(new TestBatch.TestRecord(0, delta / 2, delta, key, value(), headers));
  }

  private byte[] value() {
    GenericRecord order = new GenericData.Record(schema);
    order.put("order_id", orderId += 1 + random.nextInt(20));
    order.put("customer_id", (long) (random.nextGaussian() * 200_000 + 3_000_000));
    order.put("created_at", 1_700_000_000_000L + orderId + random.nextInt(60_000));
    Schema statuses = schema.getField("status").schema();
    order.put(
        "status", new GenericData.EnumSymbol(statuses, statuses.getEnumSymbols().get(skewed(5))));
    order.put("country", COUNTRIES[skewed(COUNTRIES.length)]);
    order.put("channel", CHANNELS[skewed(CHANNELS.length)]);
    order.put("session_id", new java.util.UUID(random.nextLong(), random.nextLong()).toString());
    order.put("amount", (double) random.nextInt(1_000_000) / 100);
    order.put("discount", (double) skewed(8) * 5);
    order.put("coupon", random.nextInt(5) == 0 ? "SAVE" + random.nextInt(30) : null);
    GenericRecord address = new GenericData.Record(schema.getField("address").schema());
    address.put("street", "Street " + random.nextInt(9999) + ", " + random.nextInt(200));
    address.put("city", "City-" + random.nextInt(1000));
    address.put("zip", String.valueOf(10_000 + random.nextInt(89_999)));
    order.put("address", address);
    order.put("referrer", "https://example.com/campaign/" + random.nextInt(4000));
    Schema items = schema.getField("items").schema();
    var list = new GenericData.Array<GenericRecord>(3, items);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      GenericRecord item = new GenericData.Record(items.getElementType());
      item.put("sku", "SKU-" + (100_000 + random.nextInt(200_000)));
      item.put("qty", 1 + skewed(5));
      item.put("price", (double) random.nextInt(40_000) / 100);
      list.add(item);
    }
    order.put("items", list);
    if (hasText) order.put("note", text());
    return framed(order);
  }

  private String text() {
    var text = new StringBuilder();
    while (text.length() < 800) {
      text.append(Integer.toString(Math.abs(random.nextInt(20_000)), 36)).append(' ');
    }
    return text.toString();
  }

  private byte[] framed(GenericRecord order) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(SCHEMA_ID).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    try {
      new GenericDatumWriter<GenericRecord>(schema).write(order, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private int skewed(int bound) {
    return Math.min(random.nextInt(bound), random.nextInt(bound));
  }

  private String hex(int digits) {
    var text = new StringBuilder();
    for (int i = 0; i < digits; i++) text.append(Integer.toHexString(random.nextInt(16)));
    return text.toString();
  }
}
