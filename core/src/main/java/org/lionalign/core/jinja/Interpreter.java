package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs a template: statements write to an output, expressions give values. Loops, output and recursion are bounded. */
final class Interpreter {
    private static final int MAX_STEPS = 5_000_000;
    private static final int MAX_OUTPUT = 200_000_000;
    private static final int MAX_CALLS = 100;

    /** Thrown to leave or restart the innermost loop. */
    private static final class LoopSignal extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final boolean leave;

        LoopSignal(boolean leave) {
            super(null, null, false, false);
            this.leave = leave;
        }
    }

    /** Names and what they mean; assignments go to the innermost. */
    private static final class Scope {
        final @Nullable Scope parent;
        final Map<String, @Nullable Object> names = new HashMap<>();

        Scope(@Nullable Scope parent) {
            this.parent = parent;
        }
    }

    private Scope scope = new Scope(null);
    private List<Str> output = new ArrayList<>();
    private boolean generating;
    private long steps;
    private long written;
    private int calls;

    Interpreter(Map<String, @Nullable Object> globals) {
        scope.names.putAll(globals);
        scope = new Scope(scope);
    }

    Str run(List<Node.Statement> template) {
        try {
            statements(template);
        } catch (LoopSignal stray) {
            throw new TemplateError(1, "break or continue outside of a loop");
        }
        return Str.concat(output);
    }

    private void step(int line) {
        if (++steps > MAX_STEPS) {
            throw new TemplateError(line, "the template runs longer than " + MAX_STEPS + " steps");
        }
    }

    private void write(Str text, int line) {
        written += text.length();
        if (written > MAX_OUTPUT) {
            throw new TemplateError(line, "the output is longer than " + MAX_OUTPUT + " characters");
        }
        if (text.length() == 0) {
            return;
        }
        if (generating) {
            int[] marks = new int[text.length()];
            for (int i = 0; i < marks.length; i++) {
                marks[i] = text.markAt(i) | Str.GENERATED;
            }
            output.add(new Str(text.text(), marks));
        } else {
            output.add(text);
        }
    }

    private void statements(List<Node.Statement> body) {
        for (Node.Statement statement : body) {
            step(statement.line());
            statement(statement);
        }
    }

    private void statement(Node.Statement statement) {
        if (statement instanceof Node.Text text) {
            write(Str.of(text.text()), text.line());
        } else if (statement instanceof Node.Output out) {
            write(Values.str(eval(out.value())), out.line());
        } else if (statement instanceof Node.If choice) {
            for (int i = 0; i < choice.conditions().size(); i++) {
                if (Values.truthy(eval(choice.conditions().get(i)))) {
                    statements(choice.bodies().get(i));
                    return;
                }
            }
            statements(choice.otherwise());
        } else if (statement instanceof Node.For loop) {
            loop(loop);
        } else if (statement instanceof Node.Set set) {
            set(set);
        } else if (statement instanceof Node.SetBlock block) {
            assign(block.target(), filtered(captured(block.body()), block.filters()));
        } else if (statement instanceof Node.Macro macro) {
            scope.names.put(macro.name(), macro(macro.parameters(), macro.defaults(), macro.body(), scope));
        } else if (statement instanceof Node.CallBlock block) {
            callBlock(block);
        } else if (statement instanceof Node.FilterBlock block) {
            write(Values.str(filtered(captured(block.body()), block.filters())), block.line());
        } else if (statement instanceof Node.Generation block) {
            boolean before = generating;
            generating = true;
            statements(block.body());
            generating = before;
        } else if (statement instanceof Node.With with) {
            Scope inner = new Scope(scope);
            for (int i = 0; i < with.names().size(); i++) {
                inner.names.put(with.names().get(i), eval(with.values().get(i)));
            }
            inside(inner, with.body());
        } else if (statement instanceof Node.Do expression) {
            eval(expression.value());
        } else {
            throw new LoopSignal(statement instanceof Node.Break);
        }
    }

    private void inside(Scope inner, List<Node.Statement> body) {
        Scope outer = scope;
        scope = inner;
        try {
            statements(body);
        } finally {
            scope = outer;
        }
    }

    private void set(Node.Set set) {
        Object value = eval(set.value());
        if (set.targets().size() == 1) {
            assign(set.targets().get(0), value);
            return;
        }
        List<@Nullable Object> values = Values.iterate(value, set.line());
        if (values.size() != set.targets().size()) {
            throw new TemplateError(set.line(), "expected " + set.targets().size() + " values, found " + values.size());
        }
        for (int i = 0; i < values.size(); i++) {
            assign(set.targets().get(i), values.get(i));
        }
    }

    private void assign(Node.Expr target, @Nullable Object value) {
        if (target instanceof Node.Name name) {
            scope.names.put(name.name(), value);
        } else if (target instanceof Node.Attribute attribute
                && eval(attribute.target()) instanceof Values.Namespace namespace) {
            namespace.values.put(attribute.name(), value);
        } else {
            throw new TemplateError(target.line(), "only names and attributes of a namespace can be set");
        }
    }

    private Str captured(List<Node.Statement> body) {
        List<Str> before = output;
        boolean wasGenerating = generating;
        output = new ArrayList<>();
        generating = false; // what is captured is marked when it is written
        try {
            inside(new Scope(scope), body);
            return Str.concat(output);
        } finally {
            output = before;
            generating = wasGenerating;
        }
    }

    private @Nullable Object filtered(@Nullable Object start, List<Node.Filter> filters) {
        Object value = start;
        for (Node.Filter filter : filters) {
            value = apply(filter, value);
        }
        return value;
    }

    private void loop(Node.For loop) {
        loopOver(loop, Values.iterate(eval(loop.iterable()), loop.line()), 1);
    }

    private void loopOver(Node.For loop, List<@Nullable Object> all, int depth) {
        if (depth > MAX_CALLS) {
            throw new TemplateError(loop.line(), "loops recurse deeper than " + MAX_CALLS);
        }
        List<@Nullable Object> items = all;
        if (loop.condition() != null) {
            items = new ArrayList<>();
            for (Object item : all) {
                Scope outer = scope;
                scope = new Scope(outer);
                try {
                    bind(loop, item);
                    if (Values.truthy(eval(loop.condition()))) {
                        items.add(item);
                    }
                } finally {
                    scope = outer;
                }
            }
        }
        if (items.isEmpty()) {
            statements(loop.otherwise());
            return;
        }
        @Nullable Object[] changed = {null, false};
        for (int i = 0; i < items.size(); i++) {
            step(loop.line());
            Scope outer = scope;
            scope = new Scope(outer);
            try {
                bind(loop, items.get(i));
                scope.names.put("loop", loopObject(loop, items, i, depth, changed));
                statements(loop.body());
            } catch (LoopSignal signal) {
                if (signal.leave) {
                    return;
                }
            } finally {
                scope = outer;
            }
        }
    }

    private void bind(Node.For loop, @Nullable Object item) {
        if (loop.targets().size() == 1) {
            scope.names.put(loop.targets().get(0), item);
            return;
        }
        List<@Nullable Object> parts = Values.iterate(item, loop.line());
        if (parts.size() != loop.targets().size()) {
            throw new TemplateError(
                    loop.line(), "expected " + loop.targets().size() + " values, found " + parts.size());
        }
        for (int i = 0; i < parts.size(); i++) {
            scope.names.put(loop.targets().get(i), parts.get(i));
        }
    }

    private Map<Object, @Nullable Object> loopObject(
            Node.For loop, List<@Nullable Object> items, int i, int depth, @Nullable Object[] changed) {
        Map<Object, @Nullable Object> object = new LinkedHashMap<>();
        int n = items.size();
        object.put(Str.of("index"), (long) i + 1);
        object.put(Str.of("index0"), (long) i);
        object.put(Str.of("revindex"), (long) n - i);
        object.put(Str.of("revindex0"), (long) n - i - 1);
        object.put(Str.of("first"), i == 0);
        object.put(Str.of("last"), i == n - 1);
        object.put(Str.of("length"), (long) n);
        object.put(Str.of("depth"), (long) depth);
        object.put(Str.of("depth0"), (long) depth - 1);
        object.put(Str.of("previtem"), i > 0 ? items.get(i - 1) : new Values.Undefined("loop.previtem"));
        object.put(Str.of("nextitem"), i < n - 1 ? items.get(i + 1) : new Values.Undefined("loop.nextitem"));
        object.put(Str.of("cycle"), (Values.Callable) (arguments, named, line) -> {
            if (arguments.isEmpty()) {
                throw new TemplateError(line, "loop.cycle needs values");
            }
            return arguments.get(i % arguments.size());
        });
        object.put(Str.of("changed"), (Values.Callable) (arguments, named, line) -> {
            boolean same = Boolean.TRUE.equals(changed[1]) && Values.equal(changed[0], arguments);
            changed[0] = new ArrayList<>(arguments);
            changed[1] = true;
            return !same;
        });
        if (loop.recursive()) {
            object.put(Str.of("__call__"), (Values.Callable) (arguments, named, line) -> {
                List<Str> before = output;
                output = new ArrayList<>();
                try {
                    loopOver(loop, Values.iterate(arguments.get(0), line), depth + 1);
                    return Str.concat(output);
                } finally {
                    output = before;
                }
            });
        }
        return object;
    }

    private Values.Callable macro(
            List<String> parameters, Map<String, Node.Expr> defaults, List<Node.Statement> body, Scope defined) {
        return (arguments, named, line) -> {
            if (arguments.size() > parameters.size()) {
                throw new TemplateError(
                        line, "macro takes " + parameters.size() + " arguments, found " + arguments.size());
            }
            for (String name : named.keySet()) {
                if (!parameters.contains(name) && !name.equals("caller")) {
                    throw new TemplateError(line, "macro has no parameter '" + name + "'");
                }
            }
            if (++calls > MAX_CALLS) {
                throw new TemplateError(line, "macros call each other deeper than " + MAX_CALLS);
            }
            Scope outer = scope;
            scope = new Scope(defined);
            try {
                for (int i = 0; i < parameters.size(); i++) {
                    String name = parameters.get(i);
                    Node.Expr otherwise = defaults.get(name);
                    scope.names.put(
                            name,
                            i < arguments.size()
                                    ? arguments.get(i)
                                    : named.containsKey(name)
                                            ? named.get(name)
                                            : otherwise != null ? eval(otherwise) : new Values.Undefined(name));
                }
                if (named.containsKey("caller")) {
                    scope.names.put("caller", named.get("caller"));
                }
                return captured(body);
            } finally {
                scope = outer;
                calls--;
            }
        };
    }

    private void callBlock(Node.CallBlock block) {
        Map<String, @Nullable Object> named = named(block.call().named());
        named.put("caller", macro(block.parameters(), Map.of(), block.body(), scope));
        Object target = eval(block.call().target());
        if (!(target instanceof Values.Callable callable)) {
            throw new TemplateError(block.line(), Values.typeName(target) + " cannot be called");
        }
        write(Values.str(callable.call(all(block.call().arguments()), named, block.line())), block.line());
    }

    // ---- expressions

    @Nullable
    Object eval(Node.Expr expression) {
        step(expression.line());
        if (expression instanceof Node.Literal literal) {
            return literal.value();
        } else if (expression instanceof Node.Name name) {
            return lookup(name.name());
        } else if (expression instanceof Node.Attribute attribute) {
            return attribute(eval(attribute.target()), attribute.name(), attribute.line());
        } else if (expression instanceof Node.Item item) {
            Object target = eval(item.target());
            Object index = eval(item.index());
            return target instanceof Values.Namespace namespace
                    ? namespace.values.getOrDefault(String.valueOf(index), new Values.Undefined(String.valueOf(index)))
                    : Operators.item(target, index, item.line());
        } else if (expression instanceof Node.SliceExpr slice) {
            return Operators.slice(
                    eval(slice.target()),
                    evalOrNull(slice.from()),
                    evalOrNull(slice.to()),
                    evalOrNull(slice.step()),
                    slice.line());
        } else if (expression instanceof Node.Call call) {
            return call(call);
        } else if (expression instanceof Node.Filter filter) {
            return apply(filter, eval(filter.target()));
        } else if (expression instanceof Node.Test test) {
            return Filters.test(test.name(), eval(test.target()), all(test.arguments()), test.line()) != test.negated();
        } else if (expression instanceof Node.Unary unary) {
            return unary(unary);
        } else if (expression instanceof Node.Binary binary) {
            return binary(binary);
        } else if (expression instanceof Node.Comparison comparison) {
            return comparison(comparison);
        } else if (expression instanceof Node.Conditional conditional) {
            return Values.truthy(eval(conditional.condition()))
                    ? eval(conditional.then())
                    : conditional.otherwise() == null ? new Values.Undefined("else") : eval(conditional.otherwise());
        } else if (expression instanceof Node.ListExpr list) {
            return all(list.items());
        } else if (expression instanceof Node.Spread spread) {
            throw new TemplateError(spread.line(), "'*' is for arguments of a call only");
        } else {
            Node.DictExpr dict = (Node.DictExpr) expression;
            Map<Object, @Nullable Object> map = new LinkedHashMap<>();
            for (int i = 0; i < dict.keys().size(); i++) {
                Object key = eval(dict.keys().get(i));
                map.put(key == null ? Str.of("None") : key, eval(dict.values().get(i)));
            }
            return map;
        }
    }

    private @Nullable Object evalOrNull(Node.@Nullable Expr expression) {
        return expression == null ? null : eval(expression);
    }

    private List<@Nullable Object> all(List<Node.Expr> expressions) {
        List<@Nullable Object> values = new ArrayList<>(expressions.size());
        for (Node.Expr expression : expressions) {
            if (expression instanceof Node.Spread spread) {
                values.addAll(Values.iterate(eval(spread.value()), spread.line()));
            } else {
                values.add(eval(expression));
            }
        }
        return values;
    }

    private Map<String, @Nullable Object> named(Map<String, Node.Expr> expressions) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        expressions.forEach((name, expression) -> values.put(name, eval(expression)));
        return values;
    }

    private @Nullable Object lookup(String name) {
        for (Scope at = scope; at != null; at = at.parent) {
            if (at.names.containsKey(name)) {
                return at.names.get(name);
            }
        }
        return new Values.Undefined(name);
    }

    private @Nullable Object attribute(@Nullable Object target, String name, int line) {
        if (target instanceof Values.Namespace namespace) {
            return namespace.values.containsKey(name) ? namespace.values.get(name) : new Values.Undefined(name);
        }
        Values.Callable method = Methods.of(target, name);
        if (method != null) {
            return method;
        }
        if (target instanceof Map<?, ?> map) {
            Str key = Str.of(name);
            return map.containsKey(key) ? map.get(key) : new Values.Undefined(name);
        }
        if (target instanceof Values.Undefined undefined) {
            throw new TemplateError(
                    line, "'" + undefined.name() + "' is undefined and has no attribute '" + name + "'");
        }
        return new Values.Undefined(name);
    }

    private @Nullable Object call(Node.Call call) {
        Object target = eval(call.target());
        if (target instanceof Map<?, ?> map && map.get(Str.of("__call__")) instanceof Values.Callable recursive) {
            target = recursive;
        }
        if (!(target instanceof Values.Callable callable)) {
            String what = call.target() instanceof Node.Name name
                    ? "'" + name.name() + "'"
                    : call.target() instanceof Node.Attribute attribute
                            ? "'" + attribute.name() + "'"
                            : Values.typeName(target);
            throw new TemplateError(call.line(), what + " is not a supported function or method");
        }
        return callable.call(all(call.arguments()), named(call.named()), call.line());
    }

    private @Nullable Object apply(Node.Filter filter, @Nullable Object value) {
        return Filters.apply(filter.name(), value, all(filter.arguments()), named(filter.named()), filter.line());
    }

    private @Nullable Object unary(Node.Unary unary) {
        Object value = eval(unary.operand());
        if (unary.operator().equals("not")) {
            return !Values.truthy(value);
        }
        return unary.operator().equals("-")
                ? Operators.binary("-", 0L, value, unary.line())
                : Operators.binary("+", 0L, value, unary.line());
    }

    private @Nullable Object binary(Node.Binary binary) {
        Object left = eval(binary.left());
        if (binary.operator().equals("and")) {
            return Values.truthy(left) ? eval(binary.right()) : left;
        }
        if (binary.operator().equals("or")) {
            return Values.truthy(left) ? left : eval(binary.right());
        }
        return Operators.binary(binary.operator(), left, eval(binary.right()), binary.line());
    }

    private boolean comparison(Node.Comparison comparison) {
        Object left = eval(comparison.first());
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = eval(comparison.others().get(i));
            int line = comparison.line();
            boolean holds =
                    switch (comparison.operators().get(i)) {
                        case "==" -> Values.equal(left, right);
                        case "!=" -> !Values.equal(left, right);
                        case "in" -> Values.contains(right, left, line);
                        case "not in" -> !Values.contains(right, left, line);
                        case "<" -> Values.compare(left, right, line) < 0;
                        case ">" -> Values.compare(left, right, line) > 0;
                        case "<=" -> Values.compare(left, right, line) <= 0;
                        default -> Values.compare(left, right, line) >= 0;
                    };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }
}
