package oxbow.broker.net;

import org.jspecify.annotations.Nullable;

/**
 * The unanswered requests of one connection, in the order in which they came. Hot path. Owned by
 * the connection's event loop; the connection bounds it.
 */
final class ResponseQueue {
  private @Nullable Exchange head;
  private @Nullable Exchange tail;
  private int size;

  int size() {
    return size;
  }

  void add(Exchange exchange) {
    if (tail == null) {
      head = exchange;
    } else {
      tail.next = exchange;
    }
    tail = exchange;
    size++;
  }

  /** Takes the oldest request if it is settled: only then may an answer leave. */
  @Nullable Exchange pollSettled() {
    return head != null && head.outcome() != null ? poll() : null;
  }

  /** Takes the oldest request. */
  @Nullable Exchange poll() {
    Exchange first = head;
    if (first == null) return null;
    head = first.next;
    first.next = null;
    if (head == null) tail = null;
    size--;
    return first;
  }
}
