package oxbow.bench.lake;

import java.util.Random;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** A shop's orders with skewed values, the same ones for the same seed. */
final class Orders {
  /** How much there is to an order. */
  enum Size {
    /** As many fields as 200 bytes of text hold. */
    FEW_FIELDS,
    ALL_FIELDS,
    /** And text of 800 bytes. */
    WITH_TEXT
  }

  private static final String FEW =
      """
      {"name":"order_id","type":"long"},
      {"name":"customer_id","type":"long"},
      {"name":"created_at","type":"long"},
      {"name":"status","type":"string"},
      {"name":"country","type":"string"},
      {"name":"channel","type":"string"},
      {"name":"amount","type":"double"},
      {"name":"discount","type":"double"},
      {"name":"coupon","type":["null","string"],"default":null}
      """;
  private static final String MORE =
      """
      ,{"name":"session_id","type":"string"},
      {"name":"referrer","type":"string"},
      {"name":"address","type":{"type":"record","name":"Address","fields":[
        {"name":"street","type":"string"},
        {"name":"city","type":"string"},
        {"name":"zip","type":"string"}]}},
      {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
        {"name":"sku","type":"string"},
        {"name":"qty","type":"int"},
        {"name":"price","type":"double"}]}}}
      """;
  private static final String TEXT = ",{\"name\":\"note\",\"type\":\"string\"}";

  private static final String[] STATUSES = {"NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"};
  private static final String[] COUNTRIES = {"DE", "FR", "US", "GB", "PL", "NL", "IT", "ES"};
  private static final String[] CHANNELS = {"web", "app", "store"};
  private static final int TEXT_CHARACTERS = 800;

  private final Random random;
  private final Size size;
  private final Schema schema;
  private long orderId = 1_000_000;

  Orders(long seed, Size size) {
    this.random = new Random(seed);
    this.size = size;
    String fields =
        switch (size) {
          case FEW_FIELDS -> FEW;
          case ALL_FIELDS -> FEW + MORE;
          case WITH_TEXT -> FEW + MORE + TEXT;
        };
    this.schema =
        new Schema.Parser()
            .parse(
                "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":["
                    + fields
                    + "]}");
  }

  Schema schema() {
    return schema;
  }

  GenericRecord next() {
    GenericRecord order = new GenericData.Record(schema);
    orderId += 1 + random.nextInt(20);
    order.put("order_id", orderId);
    order.put("customer_id", (long) (random.nextGaussian() * 200_000 + 3_000_000));
    order.put("created_at", 1_700_000_000_000L + orderId + random.nextInt(60_000));
    order.put("status", STATUSES[skewed(STATUSES.length)]);
    order.put("country", COUNTRIES[skewed(COUNTRIES.length)]);
    order.put("channel", CHANNELS[skewed(CHANNELS.length)]);
    order.put("amount", random.nextInt(1_000_000) / 100.0);
    order.put("discount", skewed(8) * 5.0);
    order.put("coupon", random.nextInt(5) == 0 ? "SAVE" + random.nextInt(30) : null);
    if (size == Size.FEW_FIELDS) return order;
    order.put("session_id", new UUID(random.nextLong(), random.nextLong()).toString());
    order.put("referrer", "https://example.com/campaign/" + random.nextInt(4000));
    order.put("address", address());
    order.put("items", items());
    if (size == Size.WITH_TEXT) order.put("note", text());
    return order;
  }

  private GenericRecord address() {
    GenericRecord address = new GenericData.Record(schema.getField("address").schema());
    address.put("street", "Street " + random.nextInt(9999) + ", " + random.nextInt(200));
    address.put("city", "City-" + random.nextInt(1000));
    address.put("zip", String.valueOf(10_000 + random.nextInt(89_999)));
    return address;
  }

  private GenericData.Array<GenericRecord> items() {
    Schema items = schema.getField("items").schema();
    var list = new GenericData.Array<GenericRecord>(3, items);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      GenericRecord item = new GenericData.Record(items.getElementType());
      item.put("sku", "SKU-" + (100_000 + random.nextInt(200_000)));
      item.put("qty", 1 + skewed(5));
      item.put("price", random.nextInt(40_000) / 100.0);
      list.add(item);
    }
    return list;
  }

  private String text() {
    var text = new StringBuilder();
    while (text.length() < TEXT_CHARACTERS) {
      text.append(Integer.toString(random.nextInt(20_000), 36)).append(' ');
    }
    return text.toString();
  }

  private int skewed(int bound) {
    return Math.min(random.nextInt(bound), random.nextInt(bound));
  }
}
