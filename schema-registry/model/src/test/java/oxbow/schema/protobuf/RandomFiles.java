package oxbow.schema.protobuf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Texts of valid files, with every construct somewhere, laid out at random. */
final class RandomFiles {
  private static final List<String> SCALARS =
      List.of(
          "double",
          "float",
          "int32",
          "int64",
          "uint32",
          "uint64",
          "sint32",
          "sint64",
          "fixed32",
          "fixed64",
          "sfixed32",
          "sfixed64",
          "bool",
          "string",
          "bytes");
  private static final List<String> KEYS = List.of("int32", "string", "bool", "sfixed64");

  private final Random random;
  private final boolean isProto3;
  private final StringBuilder out = new StringBuilder();
  private final List<String> types = new ArrayList<>();
  private int names;
  private boolean hasComments = true;

  private RandomFiles(long seed) {
    random = new Random(seed);
    isProto3 = random.nextBoolean();
  }

  static String file(long seed) {
    RandomFiles file = new RandomFiles(seed);
    file.write();
    return file.out.toString();
  }

  /** The same file without comments. */
  static String bare(long seed) {
    RandomFiles file = new RandomFiles(seed);
    file.hasComments = false;
    file.write();
    return file.out.toString();
  }

  private void write() {
    word(isProto3 ? "syntax = \"proto3\";" : random.nextBoolean() ? "syntax='proto2';" : "");
    boolean hasPackage = random.nextBoolean();
    word(hasPackage ? "package p.q;" : "");
    word("import \"google/protobuf/descriptor.proto\";");
    word(random.nextBoolean() ? "import public 'google/protobuf/timestamp.proto';" : "");
    word(random.nextBoolean() ? "option java_package = \"a\" 'b';" : "");
    word(
        "message Opt { "
            + (isProto3 ? "" : "optional ")
            + "int32 n = 1; repeated string tags = 2;");
    word((isProto3 ? "" : "optional ") + "Opt sub = 3; }");
    for (String target : List.of("Field", "Message", "Enum", "EnumValue", "File", "Service")) {
      word("extend google.protobuf." + target + "Options { " + (isProto3 ? "" : "optional "));
      word("Opt " + target.toLowerCase(Locale.ROOT) + "_opt = 50001; }");
    }
    if (random.nextBoolean()) {
      word("option (file_opt)." + option() + ";");
    }
    types.add("Opt");
    int messages = 1 + random.nextInt(4);
    for (int i = 0; i < messages; i++) {
      message("Top" + i, 0);
    }
    enumType("TopEnum");
    if (random.nextBoolean()) {
      word("service S {");
      word(random.nextBoolean() ? "option deprecated = true;" : "");
      word("rpc R (" + (random.nextBoolean() ? "stream " : "") + "Top0) returns (Top0)");
      word(random.nextBoolean() ? ";" : "{ option idempotency_level = NO_SIDE_EFFECTS; }");
      word("}");
    }
  }

  /** Adds a piece of text, with something meaningless before it now and then. */
  private void word(String text) {
    out.append(
        switch (random.nextInt(12)) {
          case 0 -> "\n";
          case 1 -> hasComments ? "/* a \" b */" : " ";
          case 2 -> hasComments ? "// c { \n" : " ";
          case 3 -> "\t\r\n";
          default -> " ";
        });
    out.append(text);
  }

  private void message(String name, int depth) {
    word("message " + name + " {");
    int number = 1;
    boolean hasReserved = random.nextInt(4) == 0;
    if (hasReserved) {
      word("reserved 400 to 410, 500; reserved \"gone\", 'lost';");
    }
    word(random.nextInt(5) == 0 ? "option (message_opt)." + option() + ";" : "");
    word(random.nextInt(5) == 0 ? ";" : "");
    if (!isProto3 && random.nextInt(3) == 0) {
      word("extensions 600 to 610, 700 to max;");
    }
    int nested = depth > 2 ? 0 : random.nextInt(3);
    List<String> here = new ArrayList<>();
    for (int i = 0; i < nested; i++) {
      String inner = "In" + names++;
      message(inner, depth + 1);
      here.add(inner);
    }
    if (random.nextInt(3) == 0) {
      String inner = "En" + names++;
      enumType(inner);
      here.add(inner);
    }
    int fields = random.nextInt(6);
    for (int i = 0; i < fields; i++) {
      field(number++, here, true);
    }
    if (random.nextInt(3) == 0) {
      word("oneof one" + names++ + " {");
      int members = 1 + random.nextInt(3);
      for (int i = 0; i < members; i++) {
        field(number++, here, false);
      }
      word("}");
    }
    if (!isProto3 && random.nextInt(4) == 0) {
      word("optional group Grp" + names++ + " = " + number++ + " { optional int32 g = 1; }");
    }
    word("}");
    if (depth == 0) {
      types.add(name);
    }
  }

  private void field(int number, List<String> here, boolean mayHaveLabel) {
    String name = "f" + names++ + (random.nextBoolean() ? "_Xy" : "");
    if (mayHaveLabel && random.nextInt(5) == 0) {
      word("map < " + KEYS.get(random.nextInt(KEYS.size())) + " , " + type(here) + "> " + name);
      word("= " + number + ";");
      return;
    }
    String label = "";
    if (mayHaveLabel) {
      label =
          switch (random.nextInt(3)) {
            case 0 -> "repeated ";
            case 1 -> "optional ";
            default -> isProto3 ? "" : "required ";
          };
    }
    String type = type(here);
    List<String> options = new ArrayList<>();
    if (random.nextInt(6) == 0) {
      options.add("deprecated = true");
    }
    if (random.nextInt(6) == 0) {
      options.add("(field_opt)." + option());
    }
    if (random.nextInt(8) == 0) {
      options.add("json_name = \"j" + names++ + "\"");
    }
    if (!isProto3 && !label.equals("repeated ") && random.nextInt(3) == 0) {
      switch (type) {
        case "int32", "sint64" -> options.add("default = -0x1F");
        case "double" -> options.add("default = -1.50e3");
        case "string" -> options.add("default = \"\\x41'\\t\\\"\\303\\244\"");
        case "bytes" -> options.add("default = '\\377\\\\\"'");
        case "bool" -> options.add("default = true");
        default -> {}
      }
    }
    word(
        label
            + type
            + " "
            + name
            + " = "
            + (random.nextBoolean() ? number : "0x" + Integer.toHexString(number)));
    word(options.isEmpty() ? ";" : "[" + String.join(",", options) + "];");
  }

  private String type(List<String> here) {
    if (random.nextInt(3) > 0) {
      return SCALARS.get(random.nextInt(SCALARS.size()));
    }
    return !here.isEmpty() && random.nextBoolean()
        ? here.get(random.nextInt(here.size()))
        : types.get(random.nextInt(types.size()));
  }

  private String option() {
    return switch (random.nextInt(4)) {
      case 0 -> "n = 7";
      case 1 -> "tags = \"x'\\n\"";
      case 2 -> "sub.n = 0x8";
      default -> "sub = { n: 1, tags: [\"a\", 'b'], sub { tags: \"c\" } }";
    };
  }

  private void enumType(String name) {
    String prefix = name.toUpperCase(Locale.ROOT);
    word("enum " + name + " {");
    word(random.nextInt(4) == 0 ? "option allow_alias = true;" : "");
    word(prefix + "_A = 0;");
    word(prefix + "_B = -3" + (random.nextBoolean() ? " [(enumvalue_opt).n = 4]" : "") + ";");
    word(random.nextBoolean() ? "reserved 10 to 20, 30; reserved \"Z\";" : "");
    word("}");
  }
}
