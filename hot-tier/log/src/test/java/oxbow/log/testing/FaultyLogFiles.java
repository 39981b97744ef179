package oxbow.log.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;

/**
 * A real directory that fails on demand: it stops the process within any change, runs out of space,
 * returns errors, and at a {@linkplain #losePower power loss} forgets what was not forced, files'
 * content as well as their names. All choices come from a seed. Used by one thread, or with faults
 * set before others begin.
 */
public final class FaultyLogFiles implements LogFiles {
  private static final int SECTOR_BYTES = 512;

  private final LocalLogFiles real = new LocalLogFiles();
  private final Random random;
  private final List<FaultyLogFile> open = new ArrayList<>();

  /** What is where now, and what would be where after a power loss. */
  private final Map<Path, Node> names = new TreeMap<>();

  private final Map<Path, Node> durableNames = new TreeMap<>();

  private long changesUntilCrash = Long.MAX_VALUE;
  private long spaceBytes = Long.MAX_VALUE;
  private volatile boolean failsForces;
  private volatile boolean failsWrites;
  private volatile Runnable beforeForce = () -> {};
  private volatile Runnable beforeRead = () -> {};

  /** A file, whatever its name is at the moment. */
  private static final class Node {
    byte @Nullable [] durable;
  }

  public FaultyLogFiles(long seed) {
    this.random = new Random(seed);
  }

  // Faults.

  /** The process ends within the change after that many more. */
  public void crashAfter(long changes) {
    changesUntilCrash = changes;
  }

  /** So many bytes can be written before the disk is full. */
  public void space(long bytes) {
    spaceBytes = bytes;
  }

  /** Whether fsync fails. */
  public void failForces(boolean fails) {
    failsForces = fails;
  }

  /** Whether writes fail, after some bytes. */
  public void failWrites(boolean fails) {
    failsWrites = fails;
  }

  /** Runs before every fsync of a file: a slow disk waits here. */
  public void beforeForce(Runnable action) {
    beforeForce = action;
  }

  /** Runs before every read of an open file. */
  public void beforeRead(Runnable action) {
    beforeRead = action;
  }

  /** Files that were opened and not closed yet. */
  public int openFiles() {
    return open.size();
  }

  /** The process is gone and the machine is not: everything written stays. Faults are lifted. */
  public void kill() {
    for (FaultyLogFile file : List.copyOf(open)) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    heal();
  }

  /** Lifts all faults. */
  public void heal() {
    changesUntilCrash = Long.MAX_VALUE;
    spaceBytes = Long.MAX_VALUE;
    failsForces = false;
    failsWrites = false;
  }

  /** The machine is gone too: what was not forced may be there, in part, or not. */
  public void losePower(Path directory) {
    kill();
    try {
      adopt(directory);
      Map<Path, Node> after = namesAfterPowerLoss();
      Map<Node, byte[]> contents = new HashMap<>();
      names.forEach((path, node) -> contents.put(node, contentAfterPowerLoss(path, node)));
      for (Path path : List.copyOf(names.keySet())) Files.deleteIfExists(path);
      for (Map.Entry<Path, Node> file : after.entrySet()) {
        Node node = file.getValue();
        byte[] content = contents.get(node);
        if (content == null) content = node.durable == null ? new byte[0] : node.durable;
        Files.createDirectories(LogFiles.parent(file.getKey()));
        Files.write(file.getKey(), content);
        node.durable = content;
      }
      names.clear();
      names.putAll(after);
      durableNames.clear();
      durableNames.putAll(after);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Each file has its old or its new name, as one: a rename is never seen in part. */
  private Map<Path, Node> namesAfterPowerLoss() {
    Map<Node, Path> now = new HashMap<>();
    names.forEach((path, node) -> now.put(node, path));
    Map<Node, Path> before = new HashMap<>();
    durableNames.forEach((path, node) -> before.put(node, path));

    Map<Path, Node> after = new HashMap<>();
    for (Path path : new TreeSet<>(names.keySet())) {
      Node node = names.get(path);
      Path old = before.get(node);
      if (path.equals(old) || random.nextBoolean()) after.put(path, node);
      else if (old != null) after.putIfAbsent(old, node);
    }
    for (Path path : new TreeSet<>(durableNames.keySet())) {
      Node node = durableNames.get(path);
      boolean isRenamed = now.containsKey(node);
      boolean isReplaced = names.containsKey(path);
      if (!isRenamed && (isReplaced || random.nextBoolean())) after.putIfAbsent(path, node);
    }
    return after;
  }

  private byte[] contentAfterPowerLoss(Path path, Node node) {
    byte[] now = read(path);
    byte[] durable = node.durable == null ? new byte[0] : node.durable;
    if (Arrays.equals(now, durable)) return now;
    int same = Math.max(0, Arrays.mismatch(now, durable));
    return switch (random.nextInt(4)) {
      case 0 -> durable;
      case 1 -> now;
      case 2 -> Arrays.copyOf(now, same + random.nextInt(now.length - same + 1));
      default -> torn(now, same);
    };
  }

  /** One sector behind what is durable was not written, others were. */
  private byte[] torn(byte[] now, int durableBytes) {
    byte[] torn = now.clone();
    if (torn.length > durableBytes) {
      int from = durableBytes + random.nextInt(torn.length - durableBytes);
      Arrays.fill(torn, from, Math.min(torn.length, from + SECTOR_BYTES), (byte) 0);
    }
    return torn;
  }

  private static byte[] read(Path path) {
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kafka's own classes write past this port: what they made or deleted is found here. */
  private void adopt(Path directory) throws IOException {
    Set<Path> there = new HashSet<>();
    try (var paths = Files.walk(directory)) {
      paths.filter(Files::isRegularFile).forEach(there::add);
    }
    for (Path path : there) names.computeIfAbsent(path, _ -> new Node());
    names.keySet().removeIf(path -> path.startsWith(directory) && !there.contains(path));
  }

  private void change(String what) {
    if (--changesUntilCrash < 0) throw new SimulatedCrash(what);
  }

  // The port.

  @Override
  public LogFile open(Path file) throws IOException {
    if (!Files.exists(file)) {
      change("open " + file);
      if (spaceBytes <= 0) throw new IOException("No space left on device");
      names.put(file, new Node());
    }
    return opened(file, real.open(file));
  }

  @Override
  public LogFile openExisting(Path file) throws IOException {
    return opened(file, real.openExisting(file));
  }

  private LogFile opened(Path file, LogFile opened) {
    Node node = names.computeIfAbsent(file, _ -> new Node());
    var faulty = new FaultyLogFile(opened, node);
    open.add(faulty);
    return faulty;
  }

  @Override
  public boolean exists(Path file) {
    return real.exists(file);
  }

  @Override
  public long sizeBytes(Path file) throws IOException {
    return real.sizeBytes(file);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return real.list(directory).stream().sorted().toList();
  }

  @Override
  public boolean isDirectory(Path path) {
    return real.isDirectory(path);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    real.createDirectory(directory);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    change("rename " + from);
    if (Files.isDirectory(from)) {
      moveNames(names, from, to);
      moveNames(durableNames, from, to);
      real.rename(from, to);
      return;
    }
    real.rename(from, to);
    Node node = names.remove(from);
    names.put(to, node == null ? new Node() : node);
  }

  private static void moveNames(Map<Path, Node> map, Path from, Path to) {
    for (Path path : List.copyOf(map.keySet())) {
      if (!path.startsWith(from)) continue;
      Node node = map.remove(path);
      if (node != null) map.put(to.resolve(from.relativize(path)), node);
    }
  }

  @Override
  public boolean delete(Path path) throws IOException {
    change("delete " + path);
    names.remove(path);
    return real.delete(path);
  }

  @Override
  public void force(Path file) throws IOException {
    change("force " + file);
    force(names.computeIfAbsent(file, _ -> new Node()), Files.readAllBytes(file));
  }

  private void force(Node node, byte[] content) throws IOException {
    beforeForce.run();
    if (failsForces) throw new IOException("Input/output error");
    node.durable = content;
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    change("force directory " + directory);
    if (failsForces) throw new IOException("Input/output error");
    if (!Files.isDirectory(directory)) return;
    adopt(directory);
    durableNames.keySet().removeIf(path -> directory.equals(path.getParent()));
    names.forEach((path, node) -> {
      if (directory.equals(path.getParent())) durableNames.put(path, node);
    });
  }

  @Override
  public long totalBytes(Path directory) {
    return 1L << 40;
  }

  @Override
  public long usableBytes(Path directory) {
    return Math.min(spaceBytes, 1L << 40);
  }

  private final class FaultyLogFile implements LogFile {
    private final LogFile file;
    private final Node node;

    FaultyLogFile(LogFile file, Node node) {
      this.file = file;
      this.node = node;
    }

    @Override
    public FileChannel channel() {
      return file.channel();
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      int bytes = from.remaining();
      boolean isLast = --changesUntilCrash < 0;
      if (isLast || failsWrites || bytes > spaceBytes) {
        int some = (int) Math.min(spaceBytes, random.nextInt(bytes + 1));
        file.write(from.slice(from.position(), some), position);
        if (isLast) throw new SimulatedCrash("write after " + some + " of " + bytes + " bytes");
        if (failsWrites) throw new IOException("Input/output error");
        spaceBytes -= some;
        throw new IOException("No space left on device");
      }
      if (spaceBytes != Long.MAX_VALUE) spaceBytes -= bytes;
      file.write(from, position);
    }

    @Override
    public int read(ByteBuffer to, long position) throws IOException {
      beforeRead.run();
      return file.read(to, position);
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      if (sizeBytes < file.sizeBytes()) change("truncate");
      file.truncate(sizeBytes);
    }

    @Override
    public void force() throws IOException {
      change("force");
      ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
      file.read(content, 0);
      FaultyLogFiles.this.force(node, content.array());
    }

    @Override
    public long sizeBytes() throws IOException {
      return file.sizeBytes();
    }

    @Override
    public void close() throws IOException {
      open.remove(this);
      file.close();
    }
  }
}
