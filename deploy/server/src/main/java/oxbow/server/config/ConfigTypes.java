package oxbow.server.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The one instance of each type. */
public final class ConfigTypes {
  public static final ConfigType<Boolean> BOOLEAN = new ConfigType.Bool();
  public static final ConfigType<Integer> INT = new ConfigType.Int();
  public static final ConfigType<Long> LONG = new ConfigType.LongInt();
  public static final ConfigType<Double> DOUBLE = new ConfigType.Real();
  public static final ConfigType<String> TEXT = new ConfigType.Text();
  public static final ConfigType<List<String>> LIST = new ConfigType.TextList();
  public static final ConfigType<Path> PATH = new ConfigType.FilePath();
  public static final ConfigType<BucketUrl> BUCKET = new ConfigType.Bucket();
  public static final ConfigType<URI> URL = new ConfigType.HttpUrl();
  public static final ConfigType<Secret> SECRET = new ConfigType.Hidden();
  public static final ConfigType<List<Listener>> LISTENERS = new ConfigType.Listeners();
  public static final ConfigType<Map<String, String>> MAP = new ConfigType.TextMap();

  private ConfigTypes() {}
}
