package org.lionalign.core.recipe;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The texts that a value of a recipe may have; on an annotation, of all values that bear it. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD, ElementType.ANNOTATION_TYPE})
@interface OneOf {
    String[] value();

    /** What stands for a default that depends on the machine; empty where the default is the same everywhere. */
    String byMachine() default "";
}
