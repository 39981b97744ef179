package oxbow.bench.sink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;

/**
 * Avro behind the five bytes that say its schema, to Connect's own data: the way every converter of
 * Avro goes, by way of generic records. The schema is a setting, so it asks no registry.
 */
public final class AvroConverter implements Converter {
  private static final int PREFIX_BYTES = 5;

  private GenericDatumReader<GenericRecord> reader;
  private Schema schema;
  private BinaryDecoder decoder;
  private GenericRecord reused;

  /** Connect makes it by its name. */
  public AvroConverter() {}

  @Override
  public void configure(Map<String, ?> settings, boolean isKey) {
    var avro = new org.apache.avro.Schema.Parser().parse(settings.get("schema").toString());
    reader = new GenericDatumReader<>(avro);
    schema = schema(avro).build();
  }

  private static SchemaBuilder schema(org.apache.avro.Schema avro) {
    return switch (avro.getType()) {
      case RECORD -> {
        SchemaBuilder struct = SchemaBuilder.struct().name(avro.getFullName());
        for (var field : avro.getFields())
          struct.field(field.name(), schema(field.schema()).build());
        yield struct;
      }
      case ARRAY -> SchemaBuilder.array(schema(avro.getElementType()).build());
      case UNION -> schema(avro.getTypes().get(1)).optional(); // null comes first in ours
      case LONG -> avro.getLogicalType() == null ? SchemaBuilder.int64() : Timestamp.builder();
      case INT -> SchemaBuilder.int32();
      case DOUBLE -> SchemaBuilder.float64();
      case STRING, ENUM -> SchemaBuilder.string();
      default -> throw new DataException("no " + avro.getType() + " in the benchmark's records");
    };
  }

  @Override
  public SchemaAndValue toConnectData(String topic, byte[] value) {
    if (value == null) return SchemaAndValue.NULL;
    decoder =
        DecoderFactory.get()
            .binaryDecoder(value, PREFIX_BYTES, value.length - PREFIX_BYTES, decoder);
    try {
      reused = reader.read(reused, decoder);
    } catch (IOException e) {
      throw new DataException("not a record of the benchmark", e);
    }
    return new SchemaAndValue(schema, data(schema, reused));
  }

  private static Object data(Schema schema, Object avro) {
    if (avro == null) return null;
    return switch (schema.type()) {
      case STRUCT -> {
        var record = (GenericRecord) avro;
        var struct = new Struct(schema);
        int position = 0;
        for (Field field : schema.fields()) {
          struct.put(field, data(field.schema(), record.get(position++)));
        }
        yield struct;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>();
        for (Object element : (List<?>) avro) list.add(data(schema.valueSchema(), element));
        yield list;
      }
      case INT64 -> schema.name() == null ? avro : new Date((Long) avro);
      case STRING -> avro.toString();
      default -> avro;
    };
  }

  @Override
  public byte[] fromConnectData(String topic, Schema schema, Object value) {
    throw new DataException("a sink only reads");
  }
}
