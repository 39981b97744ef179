package oxbow.bench.lake;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;

/** The usual way to Parquet: Kafka's records, Avro's generic ones, parquet-avro's writer. */
final class ParquetAvro {
  private static final int FRAME_BYTES = 5;

  private ParquetAvro() {}

  /** Writes the values of some batches, which is less than a cold file has. */
  static void write(Path path, ByteBuffer batches, Encoding encoding, Schema schema)
      throws IOException {
    var settings = new PlainParquetConfiguration();
    settings.set("parquet.compression.codec.zstd.level", "1"); // as cold files have
    int skipped = FRAME_BYTES + encoding.prefix().length;
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(path))
            .withSchema(schema)
            .withConf(settings)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
            .build()) {
      for (Record record : MemoryRecords.readableRecords(batches).records()) {
        var value = new byte[record.valueSize()];
        record.value().get(value);
        writer.write(encoding.decode(value, skipped, value.length - skipped));
      }
    }
  }
}
