package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import org.lionalign.core.error.BadInput;

/** Judges of people's own: a class on the class path that implements {@link Judge}, with a constructor of an {@code ObjectNode} or of nothing. */
final class ClassJudge {
    private ClassJudge() {}

    static Judge open(String className, ObjectNode options) {
        Class<?> type;
        try {
            type = Class.forName(className);
        } catch (ClassNotFoundException e) {
            throw new BadInput(
                    "judge.class_name: expected a class on the class path, found no " + className
                            + " (put its jar into LION_CLASSPATH)",
                    e);
        }
        if (!Judge.class.isAssignableFrom(type)) {
            throw new BadInput("judge.class_name: expected a class that implements " + Judge.class.getName()
                    + ", found " + className);
        }
        try {
            try {
                return (Judge) accessible(type.getDeclaredConstructor(ObjectNode.class))
                        .newInstance(options);
            } catch (NoSuchMethodException e) {
                Constructor<?> plain = accessible(type.getDeclaredConstructor());
                if (!options.isEmpty()) {
                    throw new BadInput(
                            "judge.options: expected none, for " + className
                                    + " has no constructor of an ObjectNode, found " + options,
                            e);
                }
                return (Judge) plain.newInstance();
            }
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof BadInput bad) {
                throw bad;
            }
            throw new BadInput(
                    "judge.class_name: " + className + ": expected a judge, but its constructor failed: "
                            + e.getCause(),
                    e);
        } catch (ReflectiveOperationException e) {
            throw new BadInput(
                    "judge.class_name: " + className
                            + ": expected a class with a constructor of an ObjectNode or of nothing, found neither",
                    e);
        }
    }

    private static Constructor<?> accessible(Constructor<?> constructor) {
        constructor.setAccessible(true);
        return constructor;
    }
}
