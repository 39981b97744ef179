package oxbow.cold.store;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;
import oxbow.log.NanoClock;

/**
 * A directory that stands in for a bucket. An object is one file; it is written beside, forced to
 * disk and then linked or renamed to its place, so nobody ever sees half of one. Any number of
 * processes may use the directory at once.
 *
 * <p>The file system must have hard links and sync directories: that is what creation and
 * durability stand on.
 */
public final class LocalObjectStore implements ObjectStore {
  private static final int COPY_BYTES = 1 << 20;
  private static final int READ_BYTES = 128 << 10;

  /** Ranges of data files; what is smaller belongs to indexes and metadata, and is read often. */
  private static final int DROPPED_BYTES_MIN = 256 << 10;

  private static final String LOCK = "lock";

  /** Somebody may delete an empty directory that we are about to use: how often we make it anew. */
  private static final int PLACE_ATTEMPTS = 100;

  private final Path root;

  /** Replaced under the lock of this store, where the directory was away meanwhile. */
  private volatile Own own;

  private final StoreListener listener;
  private final NanoClock clock;
  private final AtomicLong nextUnfinished = new AtomicLong();

  /** Directories whose entries in their parents are known to be on disk. */
  private final Set<Path> durable = ConcurrentHashMap.newKeySet();

  private LocalObjectStore(Path root, Own own, StoreListener listener, NanoClock clock) {
    this.root = root;
    this.own = own;
    this.listener = listener;
    this.clock = clock;
  }

  /** Opens a directory, makes it if there is none, and removes what crashes left in it. */
  public static LocalObjectStore open(Path directory, StoreListener listener, NanoClock clock) {
    try {
      Path root = directory.toAbsolutePath().normalize();
      return new LocalObjectStore(root, makeOwn(root), listener, clock);
    } catch (IOException e) {
      throw failure("open " + directory, e);
    }
  }

  /** Where this store writes what isn't finished. It is locked, or others would take it away. */
  private record Own(Path directory, FileChannel lockFile) {}

  private static Own makeOwn(Path root) throws IOException {
    Path shared = root.resolve(LocalNames.UNFINISHED);
    Files.createDirectories(shared);
    removeLeftovers(shared);
    force(root);
    for (int attempt = 1; ; attempt++) {
      Path own = shared.resolve(UUID.randomUUID().toString());
      FileChannel lockFile = lock(own);
      if (lockFile != null) return new Own(own, lockFile);
      if (attempt == PLACE_ATTEMPTS) throw new IOException("others keep removing " + own);
    }
  }

  /**
   * The own place. If it is gone, the directory was unmounted or moved: what is written to an empty
   * one in its stead would be missing once it is back. One that has objects has come back.
   */
  private Path own() throws IOException {
    Own known = own;
    if (Files.isDirectory(known.directory())) return known.directory();
    synchronized (this) {
      if (!own.equals(known)) return own.directory();
      if (!hasObjects()) {
        throw new IOException(root + " is not there or empty, and was not before: is it mounted?");
      }
      own = makeOwn(root);
      known.lockFile().close();
      return own.directory();
    }
  }

  private boolean hasObjects() throws IOException {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(root, path -> !path.endsWith(LocalNames.UNFINISHED))) {
      return entries.iterator().hasNext();
    } catch (NoSuchFileException | NotDirectoryException _) {
      return false;
    }
  }

  /** Null: another opening took the new directory for a leftover, before it was locked. */
  private static @Nullable FileChannel lock(Path own) throws IOException {
    Files.createDirectory(own);
    try {
      FileChannel lockFile = openLock(own);
      try {
        lockFile.lock();
        if (Files.exists(own.resolve(LOCK))) return lockFile;
      } catch (OverlappingFileLockException _) {
        // The other opening is one of this process.
      }
      lockFile.close();
      return null;
    } catch (NoSuchFileException _) {
      return null;
    }
  }

  private static void removeLeftovers(Path shared) throws IOException {
    try (DirectoryStream<Path> owners = Files.newDirectoryStream(shared)) {
      for (Path owner : owners) {
        try (FileChannel lockFile = openLock(owner);
            FileLock lock = lockFile.tryLock()) {
          if (lock != null) removeTree(owner);
        } catch (OverlappingFileLockException | NoSuchFileException _) {
          // A store of this process, or one that is just being removed by another opening.
        }
      }
    }
  }

  private static FileChannel openLock(Path owner) throws IOException {
    return FileChannel.open(
        owner.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static void removeTree(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (Files.isDirectory(file)) removeTree(file);
        else Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }

  @Override
  public Optional<LocalFiles> localFiles() {
    try {
      Path directory = unfinishedFile();
      Files.createDirectory(directory);
      return Optional.of(new Linked(directory));
    } catch (IOException e) {
      throw failure("make a directory of links", e);
    }
  }

  /** Hard links to objects. */
  private final class Linked implements LocalFiles {
    private final Path directory;

    Linked(Path directory) {
      this.directory = directory;
    }

    @Override
    public Path directory() {
      return directory;
    }

    @Override
    public Path add(String name, String file) {
      Path link = directory.resolve(file);
      try {
        Files.createLink(link, path(name));
        return link;
      } catch (NoSuchFileException _) {
        throw new StoreException(Kind.NOT_FOUND, "there is no object " + name);
      } catch (IOException e) {
        throw failure("link " + name, e);
      }
    }

    @Override
    public void close() {
      try {
        removeTree(directory);
      } catch (NoSuchFileException _) {
        // The store was closed, and took it along.
      } catch (IOException e) {
        throw failure("remove " + directory, e);
      }
    }
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return measured(Request.PUT, body.remaining(), () -> putFrom(name, body));
  }

  private ObjectInfo putFrom(String name, ByteBuffer body) throws IOException {
    Path target = path(name);
    Path written = unfinishedFile();
    try {
      write(written, body.slice());
      ObjectInfo info = info(name, written);
      place(target, () -> rename(written, target));
      return info;
    } finally {
      Files.deleteIfExists(written);
    }
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    return measured(Request.PUT, sizeOf(body), () -> putFrom(name, body));
  }

  private ObjectInfo putFrom(String name, Path body) throws IOException {
    Path target = path(name);
    Path written = unfinishedFile();
    try {
      copy(body, written);
      ObjectInfo info = info(name, written);
      place(target, () -> rename(written, target));
      return info;
    } finally {
      Files.deleteIfExists(written);
    }
  }

  private static long sizeOf(Path body) {
    try {
      return Files.size(body);
    } catch (IOException e) {
      throw new StoreException(Kind.INVALID, "can't read " + body, e);
    }
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    return measured(Request.PUT, body.remaining(), () -> createFrom(name, body));
  }

  private ObjectInfo createFrom(String name, ByteBuffer body) throws IOException {
    Path target = path(name);
    if (Files.exists(target)) throw exists(name);
    Path written = unfinishedFile();
    try {
      write(written, body.slice());
      ObjectInfo info = info(name, written);
      // Unlike a rename, a link never replaces what another has made meanwhile.
      place(target, () -> Files.createLink(target, written));
      return info;
    } catch (FileAlreadyExistsException _) {
      throw exists(name);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  private static StoreException exists(String name) {
    return new StoreException(Kind.EXISTS, "there is an object " + name);
  }

  private static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private Path unfinishedFile() throws IOException {
    return own().resolve(Long.toString(nextUnfinished.getAndIncrement()));
  }

  private static void write(Path file, ByteBuffer body) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (body.hasRemaining()) channel.write(body);
      channel.force(true);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel target =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long size = source.size();
      long position = 0;
      while (position < size) {
        long copied = source.transferTo(position, Math.min(COPY_BYTES, size - position), target);
        if (copied <= 0) throw new IOException(from + " became shorter while it was copied");
        position += copied;
      }
      target.force(true);
      if (size >= DROPPED_BYTES_MIN) PageCacheHint.drop(to, 0, 0);
    }
  }

  /** Puts a finished file in its place, in directories that are made for it and forced to disk. */
  private void place(Path target, Step step) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        makeDirectories(parent(target));
        step.run();
        break;
      } catch (NoSuchFileException e) {
        if (attempt == PLACE_ATTEMPTS) throw e;
      }
    }
    try {
      force(parent(target));
    } catch (NoSuchFileException _) {
      // Another call has deleted the object again, and the directory that was empty then.
    } catch (IOException e) {
      throw new StoreException(Kind.OUTCOME_UNKNOWN, "can't force " + target + " to disk", e);
    }
  }

  private void makeDirectories(Path directory) throws IOException {
    if (directory.equals(root)) return;
    if (durable.contains(directory) && Files.isDirectory(directory)) return;
    makeDirectories(parent(directory));
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException _) {
      // Perhaps made by another call just now, which may not have forced it to disk yet.
    }
    force(parent(directory));
    durable.add(directory);
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return measured(Request.HEAD, 0, () -> findFile(name));
  }

  private Optional<ObjectInfo> findFile(String name) throws IOException {
    try {
      return Optional.of(info(name, path(name)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public ByteBuffer read(String name) {
    return measured(Request.GET, 0, () -> readFile(name, 0, -1));
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    if (position < 0 || length < 0) {
      throw new StoreException(
          Kind.INVALID, "no range of " + name + ": " + position + "+" + length);
    }
    return measured(Request.GET, 0, () -> readFile(name, position, length));
  }

  @Override
  public void read(String name, long position, ByteBuffer into) {
    if (position < 0) throw new StoreException(Kind.INVALID, "no place in " + name);
    measured(Request.GET, 0, () -> readFile(name, position, into.slice()));
  }

  /** The kernel reads it ahead: it waits in the page cache, not in memory of ours. */
  @Override
  public boolean announce(String name, long position, int length) {
    return PageCacheHint.willNeed(path(name), position, length);
  }

  private ByteBuffer readFile(String name, long position, ByteBuffer into) throws IOException {
    try (FileChannel channel = FileChannel.open(path(name), StandardOpenOption.READ)) {
      int length = into.remaining();
      if (channel.size() - position < length) {
        throw new StoreException(
            Kind.INVALID,
            name + " has " + channel.size() + " bytes, asked for " + position + "+" + length);
      }
      fill(into, channel, position, name);
      if (length >= DROPPED_BYTES_MIN) PageCacheHint.drop(path(name), position, length);
      return into.flip();
    } catch (NoSuchFileException _) {
      throw new StoreException(Kind.NOT_FOUND, "there is no object " + name);
    }
  }

  /** In pieces: for each read into the heap the JDK keeps memory of the same size, per thread. */
  private static void fill(ByteBuffer into, FileChannel channel, long position, String name)
      throws IOException {
    int end = into.limit();
    while (into.position() < end) {
      into.limit(Math.min(end, into.position() + READ_BYTES));
      if (channel.read(into, position + into.position()) < 0) {
        throw new StoreException(Kind.CORRUPT, name + " became shorter while it was read");
      }
    }
  }

  /**
   * @param length -1: all
   */
  private ByteBuffer readFile(String name, long position, int length) throws IOException {
    try (FileChannel channel = FileChannel.open(path(name), StandardOpenOption.READ)) {
      long size = channel.size();
      if (length < 0 ? size > Integer.MAX_VALUE - 8 : size - position < length) {
        throw new StoreException(
            Kind.INVALID, name + " has " + size + " bytes, asked for " + position + "+" + length);
      }
      ByteBuffer bytes = ByteBuffer.allocate(length < 0 ? (int) size : length);
      fill(bytes, channel, position, name);
      if (length >= DROPPED_BYTES_MIN) PageCacheHint.drop(path(name), position, length);
      return bytes.flip();
    } catch (NoSuchFileException _) {
      throw new StoreException(Kind.NOT_FOUND, "there is no object " + name);
    }
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    return measured(
        Request.LIST,
        0,
        () -> {
          List<ObjectInfo> found = new ArrayList<>();
          if (countMax > 0) new Listing(prefix, after, countMax, found).walk(root, "");
          return found;
        });
  }

  /** One listing; walks directories in the order of names and leaves out those that can't match. */
  private record Listing(String prefix, String after, int countMax, List<ObjectInfo> found) {
    void walk(Path directory, String name) throws IOException {
      List<Entry> entries = new ArrayList<>();
      addEntries(directory, name, entries);
      entries.sort(Comparator.comparing(Entry::name, ObjectNames.ORDER));
      for (Entry entry : entries) {
        if (found.size() >= countMax) return;
        if (entry.isDirectory()) {
          walk(entry.path(), entry.name());
        } else {
          addObject(entry);
        }
      }
    }

    /** Adds what may match; a name that goes on in a directory of its own is followed at once. */
    private void addEntries(Path directory, String name, List<Entry> entries) throws IOException {
      try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory)) {
        for (Path path : paths) {
          boolean isDirectory = Files.isDirectory(path);
          LocalNames.Part part = LocalNames.part(path.getFileName().toString(), isDirectory);
          if (part == null) continue;
          String whole = name + part.text();
          if (!mayMatch(whole, isDirectory)) continue;
          if (part.isContinued()) {
            addEntries(path, whole, entries);
          } else {
            entries.add(new Entry(whole, path, isDirectory));
          }
        }
      } catch (NoSuchFileException | NotDirectoryException _) {
        // Emptied and deleted since we saw it.
      }
    }

    private boolean mayMatch(String name, boolean isDirectory) {
      if (!isDirectory) {
        return name.startsWith(prefix) && ObjectNames.ORDER.compare(name, after) > 0;
      }
      boolean prefixFits = name.startsWith(prefix) || prefix.startsWith(name);
      return prefixFits && (after.startsWith(name) || ObjectNames.ORDER.compare(name, after) > 0);
    }

    private void addObject(Entry entry) throws IOException {
      if (!ObjectNames.isLegal(entry.name())) return;
      try {
        found.add(info(entry.name(), entry.path()));
      } catch (NoSuchFileException _) {
        // Deleted since we saw it.
      }
    }

    private record Entry(String name, Path path, boolean isDirectory) {}
  }

  @Override
  public void delete(Collection<String> names) {
    measured(
        Request.DELETE,
        0,
        () -> {
          Set<Path> directories = new LinkedHashSet<>();
          for (String name : names) {
            Path path = path(name);
            if (Files.deleteIfExists(path)) directories.add(parent(path));
          }
          for (Path directory : directories) forceAndPrune(directory);
          return null;
        });
  }

  private void forceAndPrune(Path emptied) throws IOException {
    for (Path at = emptied; !at.equals(root); at = parent(at)) {
      try {
        force(at);
        Files.delete(at);
        durable.remove(at);
      } catch (DirectoryNotEmptyException _) {
        return;
      } catch (NoSuchFileException _) {
        // Another call was faster.
      }
    }
    force(root);
  }

  @Override
  public String location(String name) {
    return path(name).toUri().toString();
  }

  /** Nothing to do: {@link #open} removes what crashes left. */
  @Override
  public int removeLeftovers(Duration age) {
    return 0;
  }

  private Path path(String name) {
    ObjectNames.check(name);
    Path path = root;
    for (String part : LocalNames.parts(name)) path = path.resolve(part);
    return path;
  }

  /** Of a path below the root. */
  private static Path parent(Path path) {
    return requireNonNull(path.getParent());
  }

  private static ObjectInfo info(String name, Path path) throws IOException {
    BasicFileAttributes facts = Files.readAttributes(path, BasicFileAttributes.class);
    if (!facts.isRegularFile()) throw new NoSuchFileException(path.toString());
    return new ObjectInfo(name, facts.size(), facts.lastModifiedTime().toMillis());
  }

  private <T extends @Nullable Object> T measured(Request request, long bytes, Call<T> call) {
    long start = clock.nanos();
    @Nullable Kind failed = null;
    long read = 0;
    try {
      T result = call.run();
      if (result instanceof ByteBuffer body) read = body.remaining();
      return result;
    } catch (IOException e) {
      StoreException failure = failure(request.toString(), e);
      failed = failure.kind();
      throw failure;
    } catch (StoreException e) {
      failed = e.kind();
      throw e;
    } finally {
      listener.finished(request, failed, bytes + read, clock.nanos() - start);
    }
  }

  private static StoreException failure(String what, IOException e) {
    Kind kind =
        switch (e) {
          case AccessDeniedException _ -> Kind.DENIED;
          case FileSystemException f when isTooLong(f) -> Kind.INVALID;
          // A full disk, one that fails, a share that is away: none of it is the caller's doing.
          default -> Kind.BUSY;
        };
    boolean isOurs = e.getClass() == IOException.class; // or its name says what is wrong
    return new StoreException(
        kind, "local store: " + what + ": " + (isOurs ? e.getMessage() : e), e);
  }

  private static boolean isTooLong(FileSystemException e) {
    return e.getReason() != null && e.getReason().contains("name too long");
  }

  @Override
  public void close() {
    Own last = own;
    try (FileChannel _ = last.lockFile()) {
      removeTree(last.directory());
    } catch (NoSuchFileException _) {
      // The directory was unmounted or moved, and took it along.
    } catch (IOException e) {
      throw failure("close", e);
    }
  }

  private interface Call<T extends @Nullable Object> {
    T run() throws IOException;
  }

  private interface Step {
    void run() throws IOException;
  }
}
