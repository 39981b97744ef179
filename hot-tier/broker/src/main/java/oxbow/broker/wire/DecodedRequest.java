package oxbow.broker.wire;

import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * A request read from its frame.
 *
 * @param isBorrowing the body holds views of the frame, which must live as long
 */
public record DecodedRequest(RequestHeader header, AbstractRequest body, boolean isBorrowing) {}
