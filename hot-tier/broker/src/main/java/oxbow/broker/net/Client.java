package oxbow.broker.net;

import java.net.InetAddress;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * Who sent a request.
 *
 * @param connectionId unique among the connections of this broker's life
 * @param address where it comes from
 * @param port and its port there
 * @param listener the listener it connected to
 * @param principal who it is; {@link KafkaPrincipal#ANONYMOUS} without authentication
 * @param clientId the name it gave itself in this request
 * @param softwareName what it said it runs, or "unknown"
 * @param softwareVersion and in which version
 */
public record Client(
    String connectionId,
    InetAddress address,
    int port,
    ListenerName listener,
    KafkaPrincipal principal,
    String clientId,
    String softwareName,
    String softwareVersion) {}
