package oxbow.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What kind of value a key has: how it is read and how it is shown. */
public sealed interface ConfigType<T> {
  /** The type's name in documents. */
  String label();

  /** Reads a trimmed text; throws {@link BadValueException} with the rule it breaks. */
  T parse(String text);

  /** The text that reads as this value; a secret's is hidden. */
  default String show(T value) {
    return value.toString();
  }

  /** True or false. */
  record Bool() implements ConfigType<Boolean> {
    @Override
    public String label() {
      return "boolean";
    }

    @Override
    public Boolean parse(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true" -> true;
        case "false" -> false;
        default -> throw new BadValueException("must be true or false");
      };
    }
  }

  /** A whole number of 32 bits. */
  record Int() implements ConfigType<Integer> {
    @Override
    public String label() {
      return "int";
    }

    @Override
    public Integer parse(String text) {
      long value = ConfigTypes.LONG.parse(text);
      if (value != (int) value) {
        throw new BadValueException(
            "must lie between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
      }
      return (int) value;
    }
  }

  /** A whole number of 64 bits. */
  record LongInt() implements ConfigType<Long> {
    private static final Pattern WITH_UNIT = Pattern.compile("(\\d{1,9})\\s*([a-zA-Z]+)");
    private static final Map<String, Long> UNITS =
        Map.ofEntries(
            Map.entry("k", 1L << 10),
            Map.entry("kb", 1L << 10),
            Map.entry("kib", 1L << 10),
            Map.entry("m", 1L << 20),
            Map.entry("mb", 1L << 20),
            Map.entry("mib", 1L << 20),
            Map.entry("g", 1L << 30),
            Map.entry("gb", 1L << 30),
            Map.entry("gib", 1L << 30),
            Map.entry("ms", 1L),
            Map.entry("s", 1_000L),
            Map.entry("min", 60_000L),
            Map.entry("h", 3_600_000L),
            Map.entry("d", 86_400_000L));

    @Override
    public String label() {
      return "long";
    }

    @Override
    public Long parse(String text) {
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw new BadValueException("must be a whole number" + hint(text));
      }
    }

    /**
     * Kafka's keys carry their unit in their name; whoever writes another one is told the number.
     */
    private static String hint(String text) {
      Matcher matcher = WITH_UNIT.matcher(text);
      if (!matcher.matches()) return "";
      Long factor = UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
      if (factor == null) return "";
      return " without a unit: " + Long.parseLong(matcher.group(1)) * factor;
    }
  }

  /** A number. */
  record Real() implements ConfigType<Double> {
    @Override
    public String label() {
      return "double";
    }

    @Override
    public Double parse(String text) {
      try {
        double value = Double.parseDouble(text);
        if (Double.isFinite(value)) return value;
      } catch (NumberFormatException e) {
        // told below, with the other refusals
      }
      throw new BadValueException("must be a number");
    }
  }

  /** Any text. */
  record Text() implements ConfigType<String> {
    @Override
    public String label() {
      return "string";
    }

    @Override
    public String parse(String text) {
      return text;
    }
  }

  /** Texts between commas. */
  record TextList() implements ConfigType<List<String>> {
    @Override
    public String label() {
      return "list";
    }

    @Override
    public List<String> parse(String text) {
      if (text.isEmpty()) return List.of();
      List<String> parts = new ArrayList<>();
      for (String part : text.split(",", -1)) {
        String trimmed = part.strip();
        if (trimmed.isEmpty()) throw new BadValueException("has an empty entry");
        if (parts.contains(trimmed)) throw new BadValueException("names '" + trimmed + "' twice");
        parts.add(trimmed);
      }
      return List.copyOf(parts);
    }

    @Override
    public String show(List<String> value) {
      return String.join(",", value);
    }
  }

  /** A file or directory. */
  record FilePath() implements ConfigType<Path> {
    @Override
    public String label() {
      return "path";
    }

    @Override
    public Path parse(String text) {
      if (text.isEmpty()) throw new BadValueException("must name a path");
      try {
        return Path.of(text);
      } catch (InvalidPathException e) {
        throw new BadValueException("must be a path");
      }
    }
  }

  /** A directory, or a bucket of S3. */
  record Bucket() implements ConfigType<BucketUrl> {
    @Override
    public String label() {
      return "bucket";
    }

    @Override
    public BucketUrl parse(String text) {
      return BucketUrl.parse(text);
    }
  }

  /** The address of a server. */
  record HttpUrl() implements ConfigType<URI> {
    @Override
    public String label() {
      return "url";
    }

    @Override
    public URI parse(String text) {
      try {
        URI url = new URI(text);
        boolean isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (isHttp && url.getHost() != null) return url;
      } catch (URISyntaxException e) {
        // told below, with the other refusals
      }
      throw new BadValueException("is written http://host:port or https://host:port");
    }
  }

  /** A text that is never shown. */
  record Hidden() implements ConfigType<Secret> {
    @Override
    public String label() {
      return "secret";
    }

    @Override
    public Secret parse(String text) {
      return new Secret(text);
    }
  }

  /** Named addresses. */
  record Listeners() implements ConfigType<List<Listener>> {
    @Override
    public String label() {
      return "listeners";
    }

    @Override
    public List<Listener> parse(String text) {
      List<Listener> listeners = new ArrayList<>();
      for (String part : ConfigTypes.LIST.parse(text)) {
        Listener listener = Listener.parse(part);
        for (Listener other : listeners) {
          if (other.name().equals(listener.name())) {
            throw new BadValueException("names '" + listener.name() + "' twice");
          }
          if (other.port() == listener.port()
              && listener.port() != 0
              && other.host().equals(listener.host())) {
            throw new BadValueException("has port " + listener.port() + " twice");
          }
        }
        listeners.add(listener);
      }
      return List.copyOf(listeners);
    }

    @Override
    public String show(List<Listener> value) {
      return String.join(",", value.stream().map(Listener::toString).toList());
    }
  }

  /** Pairs {@code name:value} between commas. */
  record TextMap() implements ConfigType<Map<String, String>> {
    @Override
    public String label() {
      return "map";
    }

    @Override
    public Map<String, String> parse(String text) {
      Map<String, String> pairs = new LinkedHashMap<>();
      for (String part : ConfigTypes.LIST.parse(text)) {
        int colon = part.lastIndexOf(':');
        if (colon <= 0 || colon == part.length() - 1) {
          throw new BadValueException("is a list of name:value");
        }
        if (pairs.put(part.substring(0, colon).strip(), part.substring(colon + 1).strip())
            != null) {
          throw new BadValueException("names '" + part.substring(0, colon) + "' twice");
        }
      }
      return Map.copyOf(pairs);
    }

    @Override
    public String show(Map<String, String> value) {
      return String.join(
          ",",
          value.entrySet().stream()
              .map(pair -> pair.getKey() + ":" + pair.getValue())
              .sorted()
              .toList());
    }
  }
}
