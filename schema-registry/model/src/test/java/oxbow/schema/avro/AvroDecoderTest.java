package oxbow.schema.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.Decoder;
import oxbow.schema.Framing;
import oxbow.schema.References;
import oxbow.schema.UndecodableException;

class AvroDecoderTest {
  private static final AvroSchema ORDER =
      schema(
          "{'type':'record','name':'Order','fields':[{'name':'id','type':'long'},"
              + "{'name':'note','type':['null','string']},"
              + "{'name':'lines','type':{'type':'array','items':{'type':'record','name':'Line',"
              + "'fields':[{'name':'n','type':'int'}]}}}]}");

  @Test
  void showsARecordAsPlainJson() throws IOException {
    assertThat(Decoder.framed(framed(order()), ORDER))
        .isEqualTo("{\"id\":7,\"note\":\"hi\",\"lines\":[{\"n\":1},{\"n\":2}]}");
  }

  @Test
  void showsARecordAsAnotherVersionHasIt() throws IOException {
    AvroSchema newer =
        schema(
            "{'type':'record','name':'Order','fields':[{'name':'number','aliases':['id'],'type':'double'},"
                + "{'name':'lines','type':{'type':'array','items':{'type':'record','name':'Line',"
                + "'fields':[{'name':'n','type':'long'},{'name':'price','type':'double','default':1.5},"
                + "{'name':'rate','type':'double','default':0}]}}}]}");

    assertThat(Decoder.framed(framed(order()), ORDER, newer))
        .isEqualTo(
            "{\"number\":7.0,\"lines\":[{\"n\":1,\"price\":1.5,\"rate\":0.0},"
                + "{\"n\":2,\"price\":1.5,\"rate\":0.0}]}");
  }

  @Test
  void readsTheMarkFromAHeader() throws IOException {
    var guid = new Framing.Mark.Guid(new UUID(1, 2));
    ByteBuffer header = ByteBuffer.wrap(Framing.write(guid));

    assertThat(Decoder.marked(header, ByteBuffer.wrap(bytes(ORDER, order())), ORDER, ORDER))
        .startsWith("{\"id\":7");
    assertThat(Decoder.bare(ByteBuffer.wrap(bytes(ORDER, order())), ORDER, ORDER))
        .startsWith("{\"id\":7");
    assertThat(header.remaining()).isEqualTo(17);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'int','logicalType':'date'} | 02 | '1970-01-02'",
        "{'type':'int','logicalType':'time-millis'} | d00f | '00:00:01'",
        "{'type':'int','logicalType':'time-millis'} | 01 | -1",
        "{'type':'long','logicalType':'timestamp-millis'} | 01 | '1969-12-31T23:59:59.999Z'",
        "{'type':'long','logicalType':'timestamp-micros'} | 02 | '1970-01-01T00:00:00.000001Z'",
        "{'type':'long','logicalType':'local-timestamp-nanos'} | 02 | '1970-01-01T00:00:00.000000001'",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | 04 0102 | 2.58",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | 02 ff | -0.01",
        "'bytes' | 04 0102 | 'AQI='",
        "{'type':'fixed','name':'F','size':1} | ff | '/w=='",
        "{'type':'enum','name':'E','symbols':['A','B']} | 02 | 'B'",
        "['null','string','int'] | 04 06 | 3",
        "'null' | `` | null",
        "'double' | 000000000000f87f | 'NaN'",
        "{'type':'map','values':'boolean'} | 02 02 61 01 00 | {'a':true}",
      })
  void showsEachTypeAsPeopleWriteIt(String schema, String hex, String json) {
    String text = json.equals("null") ? "null" : json;
    ByteBuffer data = ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    AvroSchema parsed = schema(schema);

    assertThat(Decoder.bare(data, parsed, parsed)).isEqualTo(text.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'int' | ``",
        "'int' | 0202",
        "'string' | 7f61",
        "{'type':'fixed','name':'F','size':2000000000} | 00",
        "{'type':'enum','name':'E','symbols':['A']} | 04",
        "['null','int'] | 06",
        "{'type':'array','items':'int'} | feffffffffffffff7f02",
        "{'type':'array','items':'null'} | feffffffffffffffff01",
        "{'type':'record','name':'R','fields':[{'name':'next','type':['R','null']}]} | deep",
      })
  void bytesOfSomethingElseAreUndecodable(String schema, String hex) {
    byte[] bytes = hex.equals("deep") ? new byte[1 << 20] : HexFormat.of().parseHex(hex);
    AvroSchema parsed = schema(schema);

    assertThatThrownBy(() -> Decoder.bare(ByteBuffer.wrap(bytes), parsed, parsed))
        .isInstanceOf(UndecodableException.class);
  }

  @Test
  void aReaderThatCannotHaveTheDataSaysSo() throws IOException {
    ByteBuffer framed = framed(order());

    assertThatThrownBy(() -> Decoder.framed(framed, ORDER, schema("'int'")))
        .isInstanceOf(UndecodableException.class);
    assertThatThrownBy(() -> Decoder.framed(ByteBuffer.wrap(new byte[] {9}), ORDER))
        .isInstanceOf(UndecodableException.class);
  }

  @Test
  void givesGenericRecordsToOtherModules() throws IOException {
    Object record = ORDER.read(ByteBuffer.wrap(bytes(ORDER, order())), ORDER);

    assertThat(record).isInstanceOf(GenericRecord.class).isEqualTo(order());
  }

  private static GenericData.Record order() {
    var lines = ORDER.avro().getField("lines").schema();
    var order = new GenericData.Record(ORDER.avro());
    order.put("id", 7L);
    order.put("note", "hi");
    order.put(
        "lines",
        List.of(1, 2).stream()
            .map(n -> {
              var line = new GenericData.Record(lines.getElementType());
              line.put("n", n);
              return line;
            })
            .toList());
    return order;
  }

  private static ByteBuffer framed(Object value) throws IOException {
    byte[] data = bytes(ORDER, value);
    return ByteBuffer.allocate(5 + data.length)
        .put(Framing.write(new Framing.Mark.Id(1)))
        .put(data)
        .flip();
  }

  private static byte[] bytes(AvroSchema schema, @Nullable Object value) throws IOException {
    var bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema.avro()).write(value, encoder);
    return bytes.toByteArray();
  }

  private static AvroSchema schema(String text) {
    return new AvroFormat().parse(text.replace('\'', '"'), References.NONE);
  }
}
