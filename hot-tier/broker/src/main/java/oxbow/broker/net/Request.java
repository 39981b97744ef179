package oxbow.broker.net;

import java.util.concurrent.Executor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * One request on its way through the broker. It holds its frame's bytes until it is answered, so
 * the record sets in its body are views of the network buffer and gone afterwards. Answered exactly
 * once, from any thread; answers leave the connection in request order.
 */
public interface Request {
  RequestHeader header();

  /** The decoded body; record sets in it borrow the frame. */
  AbstractRequest body();

  Client client();

  /** When the frame was complete, by the server's nano clock. */
  long receivedNanos();

  /** The connection's own thread. */
  Executor thread();

  /**
   * Gives the frame back before the answer: record sets in the body are gone from now on. Once,
   * from any thread.
   */
  void giveBackFrame();

  /** Sends the answer, and gives the frame back. */
  void answer(AbstractResponse response);

  /** Sends nothing (acks=0) and gives the frame back. */
  void answerNothing();

  /**
   * Answers with the API's own form of this failure, or closes the connection where it has none.
   */
  void fail(Throwable failure);

  /** Completes nothing but tells whether the client went away meanwhile. */
  boolean isAbandoned();

  /**
   * Says what to do if the client goes away before the answer; it is done on the connection's
   * thread. Called there, too, once at most; an answer is expected all the same.
   */
  void whenAbandoned(Runnable then);
}
