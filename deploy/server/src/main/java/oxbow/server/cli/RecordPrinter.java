package oxbow.server.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import oxbow.server.JsonText;

/** Writes records: by a template, or as one JSON object per line. Bytes go out as they are. */
interface RecordPrinter {
  void print(ConsumerRecord<byte[], byte[]> record, PrintStream out) throws IOException;

  /** What stands in a template, piece by piece. */
  enum Field {
    KEY('k'),
    VALUE('v'),
    TIMESTAMP('T'),
    TIME('t'),
    PARTITION('p'),
    OFFSET('o'),
    TOPIC('n'),
    HEADERS('h');

    final char letter;

    Field(char letter) {
      this.letter = letter;
    }

    static @Nullable Field of(char letter) {
      for (Field field : values()) {
        if (field.letter == letter) return field;
      }
      return null;
    }
  }

  /** Prints by a template such as {@code %o %k=%v\n}. */
  static RecordPrinter byTemplate(String template) {
    String text = Escapes.plain(template);
    List<Object> pieces = new ArrayList<>();
    var literal = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        literal.append(c);
        continue;
      }
      char letter = i + 1 < text.length() ? text.charAt(++i) : ' ';
      if (letter == '%') {
        literal.append('%');
        continue;
      }
      Field field = Field.of(letter);
      if (field == null) {
        throw CommandException.usage(
            "--format knows no %" + letter,
            "%k key, %v value, %t time, %T timestamp, %p partition, %o offset, %n topic,"
                + " %h headers, %% percent");
      }
      pieces.add(literal.toString());
      literal.setLength(0);
      pieces.add(field);
    }
    pieces.add(literal.toString());
    return (record, out) -> {
      for (Object piece : pieces) {
        if (piece instanceof Field field) write(field, record, out);
        else out.write(piece.toString().getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  private static void write(Field field, ConsumerRecord<byte[], byte[]> record, PrintStream out)
      throws IOException {
    switch (field) {
      case KEY -> bytes(record.key(), out);
      case VALUE -> bytes(record.value(), out);
      case TIMESTAMP -> out.print(record.timestamp());
      case TIME -> out.print(Units.time(record.timestamp()));
      case PARTITION -> out.print(record.partition());
      case OFFSET -> out.print(record.offset());
      case TOPIC -> out.print(record.topic());
      case HEADERS -> {
        String separator = "";
        for (Header header : record.headers()) {
          out.print(separator + header.key() + "=");
          bytes(header.value(), out);
          separator = ",";
        }
      }
    }
  }

  private static void bytes(byte @Nullable [] bytes, PrintStream out) throws IOException {
    if (bytes == null) out.print("null");
    else out.write(bytes);
  }

  /** Prints objects; bytes that are no UTF-8 text stand in base 64 under another name. */
  static RecordPrinter asJson() {
    return (record, out) -> {
      Map<String, @Nullable Object> object = new LinkedHashMap<>();
      object.put("topic", record.topic());
      object.put("partition", record.partition());
      object.put("offset", record.offset());
      object.put("timestamp", record.timestamp());
      text(object, "key", record.key());
      text(object, "value", record.value());
      List<Object> headers = new ArrayList<>();
      for (Header header : record.headers()) {
        Map<String, @Nullable Object> one = new LinkedHashMap<>();
        one.put("name", header.key());
        text(one, "value", header.value());
        headers.add(one);
      }
      if (!headers.isEmpty()) object.put("headers", headers);
      out.write(JsonText.of(object).getBytes(StandardCharsets.UTF_8));
      out.write('\n');
    };
  }

  private static void text(
      Map<String, @Nullable Object> object, String name, byte @Nullable [] bytes) {
    if (bytes == null) {
      object.put(name, null);
      return;
    }
    try {
      object.put(
          name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      object.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}
