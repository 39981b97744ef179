package oxbow.proof;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Chromium without a screen, asked through its DevTools protocol. One tab; its mouse and keyboard
 * are the browser's own, so that what works here works by hand. Confined to one thread.
 */
final class Browser implements AutoCloseable {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/bin/chromium"),
          Path.of("/usr/bin/chromium-browser"),
          Path.of("/usr/bin/google-chrome"));
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChildProcess process;
  private final HttpClient client = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final Path screenshots;
  private final Path downloads;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final Set<String> origins = ConcurrentHashMap.newKeySet();
  private String session = "";

  /** Where it is installed; empty: nowhere. */
  static Optional<Path> installed() {
    return PLACES.stream().filter(Files::isExecutable).findFirst();
  }

  /**
   * Starts one; returns when its tab is open.
   *
   * @param folder for its own files
   * @param screenshots for its pictures
   */
  static Browser start(Path program, Path folder, Path screenshots) {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--headless=new",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder.resolve("profile"),
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-domain-reliability",
                "--disable-extensions",
                "--disable-sync",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-proxy-server",
                "--metrics-recording-only",
                "--password-store=basic",
                // Nothing beyond this machine is found, whatever asks for it.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--lang=en-US"));
    if ("root".equals(System.getProperty("user.name"))) command.add("--no-sandbox");
    command.add("about:blank");
    ChildProcess process =
        ChildProcess.start("chromium", folder, Map.of("TZ", "Europe/Berlin"), command);
    try {
      List<String> told =
          Await.value(
              "Chromium's debugging port",
              Await.LONG,
              () -> {
                process.assertAlive();
                List<String> lines =
                    Files.readAllLines(folder.resolve("profile/DevToolsActivePort"));
                return lines.size() < 2 ? null : lines;
              });
      Files.createDirectories(screenshots);
      Path downloads = Files.createDirectories(folder.resolve("downloads"));
      return new Browser(
          process,
          URI.create("ws://127.0.0.1:" + told.get(0) + told.get(1)),
          screenshots,
          downloads);
    } catch (IOException e) {
      process.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | AssertionError e) {
      process.close();
      throw e;
    }
  }

  private Browser(ChildProcess process, URI address, Path screenshots, Path downloads) {
    this.process = process;
    this.screenshots = screenshots;
    this.downloads = downloads;
    this.socket =
        result(
            client
                .newWebSocketBuilder()
                .connectTimeout(PATIENCE)
                .buildAsync(address, new Incoming()));
    String target =
        ask("Target.createTarget", Map.of("url", "about:blank")).get("targetId").asText();
    session =
        ask("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .get("sessionId")
            .asText();
    for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
      JsonNode _ = ask(domain + ".enable", Map.of());
    }
    JsonNode _ =
        ask(
            "Browser.setDownloadBehavior",
            Map.of("behavior", "allow", "downloadPath", downloads.toString()));
    // A page that is not in front is drawn late, or not at all.
    JsonNode _ = ask("Emulation.setFocusEmulationEnabled", Map.of("enabled", true));
  }

  // ---- the protocol

  private JsonNode ask(String method, Map<String, Object> parameters) {
    int id = ids.incrementAndGet();
    ObjectNode message = JSON.createObjectNode();
    message.put("id", id).put("method", method);
    if (!session.isEmpty()) message.put("sessionId", session);
    message.set("params", JSON.valueToTree(parameters));
    var answer = new CompletableFuture<JsonNode>();
    asked.put(id, answer);
    WebSocket _ = result(socket.sendText(message.toString(), true));
    JsonNode told = result(answer);
    if (told.has("error")) throw new AssertionError(method + ": " + told.get("error"));
    return told.path("result");
  }

  private static <T> T result(CompletionStage<T> future) {
    try {
      return future.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("Chromium did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Receives messages, on a thread of the client's. */
  private final class Incoming implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
      text.append(part);
      if (isLast) {
        String whole = text.toString();
        text.setLength(0);
        try {
          received(JSON.readTree(whole));
        } catch (IOException e) {
          complaints.add("no JSON: " + e.getMessage());
        }
      }
      from.request(1);
      return CompletableFuture.completedStage(null);
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
      asked.values().forEach(each -> each.completeExceptionally(failure));
    }
  }

  private void received(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> waiting = asked.remove(message.get("id").asInt());
      if (waiting != null) waiting.complete(message);
      return;
    }
    JsonNode told = message.path("params");
    switch (message.path("method").asText()) {
      case "Runtime.exceptionThrown" ->
          complaints.add("exception: " + told.path("exceptionDetails"));
      case "Runtime.consoleAPICalled" -> {
        String type = told.path("type").asText();
        if (type.equals("error") || type.equals("warning") || type.equals("assert")) {
          complaints.add("console." + type + ": " + told.path("args"));
        }
      }
      case "Log.entryAdded" -> {
        JsonNode entry = told.path("entry");
        String level = entry.path("level").asText();
        if (level.equals("error") || level.equals("warning")) {
          complaints.add(
              level + ": " + entry.path("text").asText() + " " + entry.path("url").asText());
        }
      }
      case "Network.requestWillBeSent" -> {
        URI address = URI.create(told.path("request").path("url").asText().split("[?#]", 2)[0]);
        origins.add(address.getScheme() + "://" + address.getAuthority());
      }
      default -> {}
    }
  }

  // ---- what a person does

  /** Goes to an address; returns once its page has been loaded. */
  void open(String address) {
    // An address that differs behind the # alone loads nothing by itself.
    JsonNode _ = ask("Page.navigate", Map.of("url", "about:blank"));
    await("a blank page", "location.href === 'about:blank'");
    JsonNode _ = ask("Page.navigate", Map.of("url", address));
    await(
        "the page of " + address,
        "document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** The value of an expression in the page; a promise is waited for. */
  JsonNode evaluate(String expression) {
    JsonNode told =
        ask(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (told.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + told.get("exceptionDetails"));
    }
    return told.path("result").path("value");
  }

  /** Waits until an expression holds. */
  void await(String what, String expression) {
    Await.until(what, PATIENCE, () -> evaluate("Boolean(" + expression + ")").asBoolean());
  }

  /** Waits until the page shows a text. */
  void awaitText(String text) {
    await("the text " + text, "document.body.innerText.includes(" + quoted(text) + ")");
  }

  /** All the text that is seen. */
  String text() {
    return evaluate("document.body.innerText").asText();
  }

  static String quoted(String text) {
    return JSON.getNodeFactory().textNode(text).toString();
  }

  /** Clicks on what a selector finds first, once it is there and seen. */
  void click(String selector) {
    clickOn("document.querySelector(" + quoted(selector) + ")", selector);
  }

  /** Clicks on a button or link of this name. */
  void clickNamed(String name) {
    clickOn(
        "[...document.querySelectorAll('a, button, summary, [role=tab], label')].filter("
            + "e => e.checkVisibility()).find(e => e.textContent.trim() === "
            + quoted(name)
            + " || e.getAttribute('aria-label') === "
            + quoted(name)
            + ")",
        name);
  }

  private void clickOn(String element, String what) {
    String middle =
        "(() => { const e = "
            + element
            + "; if (!e || !e.checkVisibility()) return null;"
            + " e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
            + " return [r.x + r.width / 2, r.y + r.height / 2]; })()";
    JsonNode at =
        Await.value(
            "something to click on: " + what,
            PATIENCE,
            () -> {
              JsonNode found = evaluate(middle);
              return found.isArray() ? found : null;
            });
    for (String type : List.of("mouseMoved", "mousePressed", "mouseReleased")) {
      mouse(type, at.get(0).asDouble(), at.get(1).asDouble());
    }
  }

  /** Moves the mouse over the middle of what a selector finds. */
  void hover(String selector) {
    JsonNode at =
        evaluate(
            "(() => { const r = document.querySelector("
                + quoted(selector)
                + ").getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()");
    mouse("mouseMoved", at.get(0).asDouble(), at.get(1).asDouble());
  }

  private void mouse(String type, double x, double y) {
    boolean isMove = type.equals("mouseMoved");
    JsonNode _ =
        ask(
            "Input.dispatchMouseEvent",
            Map.of(
                "type", type,
                "x", x,
                "y", y,
                "button", isMove ? "none" : "left",
                "clickCount", isMove ? 0 : 1));
  }

  /** Types a text where the focus is. */
  void type(String text) {
    JsonNode _ = ask("Input.insertText", Map.of("text", text));
  }

  /** Presses a key: a letter, or {@code Enter}, {@code Tab}, {@code ArrowDown}, ... */
  void press(String key) {
    press(key, 0);
  }

  void pressWithControl(String key) {
    press(key, 2);
  }

  private void press(String key, int modifiers) {
    boolean isLetter = key.length() == 1;
    int code =
        switch (key) {
          case "Enter" -> 13;
          case "Tab" -> 9;
          case "Escape" -> 27;
          case "ArrowLeft" -> 37;
          case "ArrowUp" -> 38;
          case "ArrowRight" -> 39;
          case "ArrowDown" -> 40;
          case "End" -> 35;
          case "Home" -> 36;
          case "Backspace" -> 8;
          default -> Character.toUpperCase(key.charAt(0));
        };
    String text = modifiers != 0 ? "" : isLetter ? key : key.equals("Enter") ? "\r" : "";
    for (String type : List.of(text.isEmpty() ? "rawKeyDown" : "keyDown", "keyUp")) {
      JsonNode _ =
          ask(
              "Input.dispatchKeyEvent",
              Map.of(
                  "type", type,
                  "key", key,
                  "text", type.equals("keyUp") ? "" : text,
                  "modifiers", modifiers,
                  "windowsVirtualKeyCode", code));
    }
  }

  /** The file that was downloaded, whose name ends so; waits for the whole of it. */
  Path downloaded(String end) {
    return Await.value(
        "a download *" + end,
        PATIENCE,
        () -> {
          try (Stream<Path> files = Files.list(downloads)) {
            return files.filter(file -> file.toString().endsWith(end)).findFirst().orElse(null);
          }
        });
  }

  /** Puts a text into the field with this label, in the place of what is there. */
  void fill(String label, String text) {
    String field =
        "[...document.querySelectorAll('label.field, label')].filter(e => e.checkVisibility())"
            + ".find(e => e.querySelector('.field-label')?.textContent === "
            + quoted(label)
            + ")?.querySelector('input, textarea')";
    await("the field " + label, field);
    JsonNode _ = evaluate("(() => { const f = " + field + "; f.focus(); f.select(); })()");
    type(text);
  }

  /** Chooses of a drop-down what has this value. */
  void choose(String label, String value) {
    String select =
        "document.querySelector('select[aria-label=' + " + quoted(quoted(label)) + " + ']')";
    await("the drop-down " + label, select);
    JsonNode _ =
        evaluate(
            "(() => { const s = "
                + select
                + "; s.value = "
                + quoted(value)
                + "; s.dispatchEvent(new Event('change', {bubbles: true})); })()");
  }

  /** Lets pages of this origin use the clipboard without asking anybody. */
  void allowClipboard(String origin) {
    JsonNode _ =
        ask(
            "Browser.grantPermissions",
            Map.of(
                "origin",
                origin,
                "permissions",
                List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
  }

  /** What was copied last. */
  String clipboard() {
    return evaluate("navigator.clipboard.readText()").asText();
  }

  // ---- how it looks

  /** A window of this size; narrow ones are phones, with a finger. */
  void size(int width, int height) {
    boolean isPhone = width < 600;
    JsonNode _ =
        ask(
            "Emulation.setDeviceMetricsOverride",
            Map.of(
                "width", width,
                "height", height,
                "deviceScaleFactor", isPhone ? 2 : 1,
                "mobile", isPhone));
    JsonNode _ = ask("Emulation.setTouchEmulationEnabled", Map.of("enabled", isPhone));
  }

  void dark(boolean isDark) {
    JsonNode _ =
        ask(
            "Emulation.setEmulatedMedia",
            Map.of(
                "features",
                List.of(
                    Map.of("name", "prefers-color-scheme", "value", isDark ? "dark" : "light"),
                    Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
  }

  /** A picture of what is seen. */
  Path screenshot(String name) {
    String data = ask("Page.captureScreenshot", Map.of("format", "png")).get("data").asText();
    Path file = screenshots.resolve(name + ".png");
    try {
      return Files.write(file, Base64.getDecoder().decode(data));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Errors and warnings since the last call: exceptions, what failed to load, broken policies. */
  List<String> complaints() {
    List<String> all = new ArrayList<>();
    for (String each; (each = complaints.poll()) != null; ) all.add(each);
    return all;
  }

  /** Where the pages have asked for anything so far. */
  Set<String> origins() {
    return Set.copyOf(origins);
  }

  @Override
  public void close() {
    socket.abort();
    client.shutdownNow();
    process.close();
  }
}
