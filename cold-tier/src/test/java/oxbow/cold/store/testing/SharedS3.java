package oxbow.cold.store.testing;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one {@link S3ProxyServer} of their process. The first that asks starts it, and it
 * ends with the last test. Each takes an empty prefix.
 */
public final class SharedS3 implements ParameterResolver {
  private static final Namespace OURS = Namespace.create(SharedS3.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == S3ProxyServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getRoot()
        .getStore(OURS)
        .computeIfAbsent(S3ProxyServer.class, _ -> start(), S3ProxyServer.class);
  }

  private static S3ProxyServer start() {
    try {
      return S3ProxyServer.start();
    } catch (Exception e) {
      throw new IllegalStateException("S3Proxy does not start", e);
    }
  }
}
