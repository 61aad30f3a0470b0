package org.lionalign.core.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The syntax tree: expressions and statements. Every node knows its line. */
sealed interface Node {
    int line();

    /** An expression. */
    sealed interface Expr extends Node {}

    record Literal(@Nullable Object value, int line) implements Expr {}

    record Name(String name, int line) implements Expr {}

    record ListExpr(List<Expr> items, int line) implements Expr {}

    record DictExpr(List<Expr> keys, List<Expr> values, int line) implements Expr {}

    record Attribute(Expr target, String name, int line) implements Expr {}

    record Item(Expr target, Expr index, int line) implements Expr {}

    record SliceExpr(
            Expr target,
            @Nullable Expr from,
            @Nullable Expr to,
            @Nullable Expr step,
            int line) implements Expr {}

    record Call(Expr target, List<Expr> arguments, Map<String, Expr> named, int line) implements Expr {}

    record Filter(Expr target, String name, List<Expr> arguments, Map<String, Expr> named, int line) implements Expr {}

    record Test(Expr target, String name, List<Expr> arguments, boolean negated, int line) implements Expr {}

    /** {@code *values} among the arguments of a call. */
    record Spread(Expr value, int line) implements Expr {}

    record Unary(String operator, Expr operand, int line) implements Expr {}

    record Binary(String operator, Expr left, Expr right, int line) implements Expr {}

    /** {@code a < b <= c}. */
    record Comparison(Expr first, List<String> operators, List<Expr> others, int line) implements Expr {}

    record Conditional(Expr then, Expr condition, @Nullable Expr otherwise, int line) implements Expr {}

    /** A statement. */
    sealed interface Statement extends Node {}

    record Text(String text, int line) implements Statement {}

    record Output(Expr value, int line) implements Statement {}

    record If(List<Expr> conditions, List<List<Statement>> bodies, List<Statement> otherwise, int line)
            implements Statement {}

    record For(
            List<String> targets,
            Expr iterable,
            @Nullable Expr condition,
            List<Statement> body,
            List<Statement> otherwise,
            boolean recursive,
            int line)
            implements Statement {}

    /** {@code set a, b = …}, {@code set ns.x = …}. */
    record Set(List<Expr> targets, Expr value, int line) implements Statement {}

    record SetBlock(Expr target, List<Statement> body, List<Filter> filters, int line) implements Statement {}

    record Macro(String name, List<String> parameters, Map<String, Expr> defaults, List<Statement> body, int line)
            implements Statement {}

    record CallBlock(Call call, List<String> parameters, List<Statement> body, int line) implements Statement {}

    record FilterBlock(List<Filter> filters, List<Statement> body, int line) implements Statement {}

    record Generation(List<Statement> body, int line) implements Statement {}

    record With(List<String> names, List<Expr> values, List<Statement> body, int line) implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}

    record Do(Expr value, int line) implements Statement {}
}
