package oxbow.proof.runner;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;

/**
 * Runs command-line tools that end their JVM, without ending it: starting a JVM for each would cost
 * most of the suite's time. Requests come on standard input, answers leave on standard output; a
 * tool sees its own standard streams, and its shutdown hooks run when it is done.
 */
public final class ToolRunner {
  /** The exit status that {@code timeout} gives, too. */
  private static final int TIMED_OUT = 124;

  private static final int NO_STATUS = Integer.MIN_VALUE;

  private final Switch out = new Switch();
  private final Switch err = new Switch();
  private volatile InputStream in = InputStream.nullInputStream();

  private ToolRunner() {}

  /** Serves requests until its input ends. */
  public static void main(String[] args) throws IOException {
    var requests = new DataInputStream(new BufferedInputStream(System.in));
    var answers = new DataOutputStream(new BufferedOutputStream(System.out));
    new ToolRunner().serve(requests, answers);
    Runtime.getRuntime().halt(0); // a tool's forgotten threads don't keep the process
  }

  private void serve(DataInputStream requests, DataOutputStream answers) throws IOException {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    System.setIn(
        new InputStream() {
          @Override
          public int read() throws IOException {
            return in.read();
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return in.read(bytes, offset, length);
          }
        });
    while (true) {
      String tool;
      try {
        tool = requests.readUTF();
      } catch (EOFException _) {
        return;
      }
      String[] arguments = new String[requests.readInt()];
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = requests.readUTF();
      }
      byte[] input = new byte[requests.readInt()];
      requests.readFully(input);
      long timeoutMs = requests.readLong();
      in = new ByteArrayInputStream(input);
      out.target = new ByteArrayOutputStream();
      err.target = new ByteArrayOutputStream();
      answers.writeInt(run(tool, arguments, timeoutMs));
      write(answers, out.target);
      write(answers, err.target);
      answers.flush();
    }
  }

  private static void write(DataOutputStream answers, ByteArrayOutputStream text)
      throws IOException {
    byte[] bytes = text.toByteArray();
    answers.writeInt(bytes.length);
    answers.write(bytes);
  }

  private static int run(String tool, String[] arguments, long timeoutMs) {
    AtomicInteger status = new AtomicInteger(NO_STATUS);
    List<Runnable> hooks = Collections.synchronizedList(new ArrayList<>());
    Exit.Procedure exit =
        (code, _) -> {
          status.compareAndSet(NO_STATUS, code); // tools catch ours and exit once more
          throw new Exited();
        };
    Exit.setExitProcedure(exit);
    Exit.setHaltProcedure(exit);
    Exit.setShutdownHookAdder((_, hook) -> hooks.add(hook));

    Thread thread = new Thread(() -> call(tool, arguments, hooks, status), tool);
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(timeoutMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      System.err.println("still running after " + timeoutMs + " ms, at:");
      for (StackTraceElement frame : thread.getStackTrace()) {
        System.err.println("\tat " + frame);
      }
      thread.interrupt();
      return TIMED_OUT;
    }
    status.compareAndSet(NO_STATUS, 0);
    return status.get();
  }

  private static void call(
      String tool, String[] arguments, List<Runnable> hooks, AtomicInteger status) {
    Throwable failure = null;
    try {
      Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } catch (InvocationTargetException e) {
      failure = e.getCause();
    } catch (ReflectiveOperationException e) {
      failure = e;
    }
    if (failure != null && !isExit(failure)) {
      status.compareAndSet(NO_STATUS, 1);
      failure.printStackTrace();
    }
    List.copyOf(hooks).forEach(Runnable::run);
  }

  private static boolean isExit(@Nullable Throwable failure) {
    return failure != null && (failure instanceof Exited || isExit(failure.getCause()));
  }

  /** Unwinds the tool instead of ending the JVM. */
  @SuppressWarnings("serial") // never leaves the process
  private static final class Exited extends Error {}

  /** The stream of the tool that runs now. */
  private static final class Switch extends OutputStream {
    private volatile ByteArrayOutputStream target = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      target.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      target.write(bytes, offset, length);
    }
  }
}
