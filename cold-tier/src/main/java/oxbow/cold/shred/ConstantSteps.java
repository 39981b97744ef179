package oxbow.cold.shred;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.reflect.Constructor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a program's steps known to Java's compiler, so that it puts their code one behind the other
 * and calls none of them by its type. Each step that has others in it becomes an object of a copy
 * of its class, which no other step is of, and the whole a constant of a class made for it: the
 * compiler trusts the final fields of such hidden classes, and from the constant on it knows all of
 * them. The code is the same, and runs without a compiler as well. One thread.
 */
public final class ConstantSteps {
  private final Map<Class<?>, byte[]> code = new HashMap<>();

  private ConstantSteps() {}

  /** A step that does the same; itself, if there are no others in it. */
  @SuppressWarnings("ReferenceEquality") // whether it gave itself is the question
  static ValueStep of(ValueStep step) {
    var steps = new ConstantSteps();
    ValueStep copied = step.copied(steps);
    if (copied == step) return step;
    Lookup here = MethodHandles.lookup();
    return made(
        () -> here.defineHiddenClassWithClassData(steps.code(ConstantStep.class), copied, true));
  }

  /**
   * An object of a copy of a step's class.
   *
   * @param step the lookup of its class, which has one constructor
   */
  public ValueStep copy(Lookup step, @Nullable Object... arguments) {
    return made(() -> step.defineHiddenClass(code(step.lookupClass()), true), arguments);
  }

  private interface Definition {
    Lookup define() throws IllegalAccessException;
  }

  private static ValueStep made(Definition definition, @Nullable Object... arguments) {
    try {
      Lookup copy = definition.define();
      Constructor<?> constructor = copy.lookupClass().getDeclaredConstructors()[0];
      return (ValueStep) copy.unreflectConstructor(constructor).invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a step's class can't be copied", e);
    }
  }

  private byte[] code(Class<?> step) {
    return code.computeIfAbsent(step, ConstantSteps::read);
  }

  private static byte[] read(Class<?> step) {
    String name = step.getSimpleName() + ".class";
    try (InputStream in = step.getResourceAsStream(name)) {
      if (in == null) throw new IllegalStateException(name + " is not where its class was");
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(name + " can't be read", e);
    }
  }
}
