package oxbow.server.http;

import com.linecorp.armeria.common.FlagsProvider;
import com.linecorp.armeria.common.util.TlsEngineType;

/**
 * Settings of Armeria's that save start time and memory: no native TLS library is loaded for a port
 * without TLS.
 */
public final class LeanFlags implements FlagsProvider {
  @Override
  public int priority() {
    return 10; // above Armeria's defaults, below system properties
  }

  @Override
  public TlsEngineType tlsEngineType() {
    return TlsEngineType.JDK;
  }

  @Override
  public Boolean reportBlockedEventLoop() {
    return false;
  }
}
