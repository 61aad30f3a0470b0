package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lionalign.core.jinja.Lexer.Kind;
import org.lionalign.core.jinja.Lexer.Token;
import org.lionalign.core.jinja.Parser.Cursor;

/** Expressions, with Jinja's precedence: conditional, or, and, not, comparison, + −, ~, * / // %, unary, **, postfix, filter, test. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
    private static final int MAX_DEPTH = 200;

    private final Cursor cursor;
    private int depth;

    ExpressionParser(Cursor cursor) {
        this.cursor = cursor;
    }

    /** One expression, or several with commas as a list. */
    Node.Expr tuple() {
        Node.Expr first = expression();
        if (!cursor.peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        List<Node.Expr> items = new ArrayList<>(List.of(first));
        while (cursor.accept(Kind.OPERATOR, ",")) {
            Kind kind = cursor.peek().kind();
            if (kind == Kind.BLOCK_END
                    || kind == Kind.EXPRESSION_END
                    || cursor.peek().is(Kind.OPERATOR, ")")) {
                break;
            }
            items.add(expression());
        }
        return new Node.ListExpr(items, first.line());
    }

    Node.Expr expression() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError(cursor.peek().line(), "expression is nested deeper than " + MAX_DEPTH);
        }
        Node.Expr value = or();
        while (cursor.peek().is(Kind.NAME, "if")) {
            int line = cursor.next().line();
            Node.Expr condition = or();
            Node.Expr otherwise = cursor.accept(Kind.NAME, "else") ? expression() : null;
            value = new Node.Conditional(value, condition, otherwise, line);
        }
        depth--;
        return value;
    }

    /** For the iterable of a loop, whose {@code if} belongs to the loop. */
    Node.Expr withoutConditional() {
        Node.Expr first = or();
        if (!cursor.peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        List<Node.Expr> items = new ArrayList<>(List.of(first));
        while (cursor.accept(Kind.OPERATOR, ",")) {
            items.add(or());
        }
        return new Node.ListExpr(items, first.line());
    }

    private Node.Expr or() {
        Node.Expr left = and();
        while (cursor.peek().is(Kind.NAME, "or")) {
            int line = cursor.next().line();
            left = new Node.Binary("or", left, and(), line);
        }
        return left;
    }

    private Node.Expr and() {
        Node.Expr left = not();
        while (cursor.peek().is(Kind.NAME, "and")) {
            int line = cursor.next().line();
            left = new Node.Binary("and", left, not(), line);
        }
        return left;
    }

    private Node.Expr not() {
        if (cursor.peek().is(Kind.NAME, "not")) {
            int line = cursor.next().line();
            if (++depth > MAX_DEPTH) {
                throw new TemplateError(line, "expression is nested deeper than " + MAX_DEPTH);
            }
            Node.Expr operand = not();
            depth--;
            return new Node.Unary("not", operand, line);
        }
        return comparison();
    }

    private Node.Expr comparison() {
        Node.Expr first = sum();
        List<String> operators = new ArrayList<>();
        List<Node.Expr> others = new ArrayList<>();
        while (true) {
            Token token = cursor.peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.value())) {
                cursor.next();
                operators.add(token.value());
            } else if (token.is(Kind.NAME, "in")) {
                cursor.next();
                operators.add("in");
            } else if (token.is(Kind.NAME, "not") && cursor.peek(1).is(Kind.NAME, "in")) {
                cursor.next();
                cursor.next();
                operators.add("not in");
            } else {
                break;
            }
            others.add(sum());
        }
        return operators.isEmpty() ? first : new Node.Comparison(first, operators, others, first.line());
    }

    private Node.Expr sum() {
        Node.Expr left = concat();
        while (cursor.peek().is(Kind.OPERATOR, "+") || cursor.peek().is(Kind.OPERATOR, "-")) {
            Token operator = cursor.next();
            left = new Node.Binary(operator.value(), left, concat(), operator.line());
        }
        return left;
    }

    private Node.Expr concat() {
        Node.Expr left = product();
        while (cursor.peek().is(Kind.OPERATOR, "~")) {
            Token operator = cursor.next();
            left = new Node.Binary("~", left, product(), operator.line());
        }
        return left;
    }

    private Node.Expr product() {
        Node.Expr left = unary(true);
        while (cursor.peek().kind() == Kind.OPERATOR
                && Set.of("*", "/", "//", "%").contains(cursor.peek().value())) {
            Token operator = cursor.next();
            left = new Node.Binary(operator.value(), left, unary(true), operator.line());
        }
        return left;
    }

    private Node.Expr unary(boolean filters) {
        Token token = cursor.peek();
        Node.Expr value;
        if (token.is(Kind.OPERATOR, "-") || token.is(Kind.OPERATOR, "+")) {
            cursor.next();
            if (++depth > MAX_DEPTH) {
                throw new TemplateError(token.line(), "expression is nested deeper than " + MAX_DEPTH);
            }
            value = new Node.Unary(token.value(), unary(false), token.line());
            depth--;
        } else {
            value = power();
        }
        return filters ? filtersAndTests(value) : value;
    }

    private Node.Expr power() {
        Node.Expr base = postfix(primary());
        while (cursor.peek().is(Kind.OPERATOR, "**")) {
            int line = cursor.next().line();
            base = new Node.Binary("**", base, unary(false), line);
        }
        return base;
    }

    private Node.Expr filtersAndTests(Node.Expr start) {
        Node.Expr value = start;
        while (true) {
            if (cursor.peek().is(Kind.OPERATOR, "|")) {
                cursor.next();
                value = filter(value);
            } else if (cursor.peek().is(Kind.NAME, "is")) {
                value = test(value);
            } else {
                return value;
            }
            value = postfix(value);
        }
    }

    private Node.Filter filter(Node.Expr target) {
        Token name = cursor.expect(Kind.NAME, null);
        List<Node.Expr> arguments = new ArrayList<>();
        Map<String, Node.Expr> named = new LinkedHashMap<>();
        if (cursor.peek().is(Kind.OPERATOR, "(")) {
            arguments(arguments, named);
        }
        return new Node.Filter(target, name.value(), arguments, named, name.line());
    }

    /** Filters of a block: {@code trim | upper}; their target is filled in when the block has been rendered. */
    List<Node.Filter> filterChain() {
        List<Node.Filter> chain = new ArrayList<>();
        do {
            chain.add(filter(new Node.Literal(Str.EMPTY, cursor.peek().line())));
        } while (cursor.accept(Kind.OPERATOR, "|"));
        return chain;
    }

    private Node.Expr test(Node.Expr target) {
        int line = cursor.next().line();
        boolean negated = cursor.accept(Kind.NAME, "not");
        String name = cursor.expect(Kind.NAME, null).value();
        List<Node.Expr> arguments = new ArrayList<>();
        Token next = cursor.peek();
        if (next.is(Kind.OPERATOR, "(")) {
            arguments(arguments, new LinkedHashMap<>());
        } else if (next.kind() == Kind.STRING
                || next.kind() == Kind.INTEGER
                || next.kind() == Kind.FLOAT
                || next.is(Kind.OPERATOR, "[")
                || (next.kind() == Kind.NAME
                        && !Set.of("else", "or", "and", "is", "if", "not", "in", "recursive")
                                .contains(next.value()))) {
            arguments.add(postfix(primary()));
        }
        return new Node.Test(target, name, arguments, negated, line);
    }

    private void arguments(List<Node.Expr> arguments, Map<String, Node.Expr> named) {
        cursor.expect(Kind.OPERATOR, "(");
        while (!cursor.accept(Kind.OPERATOR, ")")) {
            if (cursor.peek().is(Kind.OPERATOR, "*")) {
                int line = cursor.next().line();
                arguments.add(new Node.Spread(expression(), line));
            } else if (cursor.peek().kind() == Kind.NAME && cursor.peek(1).is(Kind.OPERATOR, "=")) {
                String name = cursor.next().value();
                cursor.next();
                named.put(name, expression());
            } else {
                arguments.add(expression());
            }
            if (!cursor.peek().is(Kind.OPERATOR, ")")) {
                cursor.expect(Kind.OPERATOR, ",");
            }
        }
    }

    private Node.Expr postfix(Node.Expr start) {
        Node.Expr value = start;
        while (true) {
            Token token = cursor.peek();
            if (token.is(Kind.OPERATOR, ".")) {
                cursor.next();
                Token name = cursor.next();
                if (name.kind() == Kind.INTEGER) {
                    value = new Node.Item(
                            value, new Node.Literal(Long.valueOf(name.value()), name.line()), name.line());
                } else if (name.kind() == Kind.NAME) {
                    value = new Node.Attribute(value, name.value(), name.line());
                } else {
                    throw new TemplateError(name.line(), "expected a name after '.', found " + Cursor.describe(name));
                }
            } else if (token.is(Kind.OPERATOR, "[")) {
                cursor.next();
                value = subscript(value, token.line());
            } else if (token.is(Kind.OPERATOR, "(")) {
                List<Node.Expr> arguments = new ArrayList<>();
                Map<String, Node.Expr> named = new LinkedHashMap<>();
                arguments(arguments, named);
                value = new Node.Call(value, arguments, named, token.line());
            } else {
                return value;
            }
        }
    }

    private Node.Expr subscript(Node.Expr target, int line) {
        Node.Expr[] parts = new Node.Expr[3];
        int colons = 0;
        while (!cursor.accept(Kind.OPERATOR, "]")) {
            if (cursor.accept(Kind.OPERATOR, ":")) {
                if (++colons > 2) {
                    throw new TemplateError(line, "a slice has at most two colons");
                }
            } else {
                if (parts[colons] != null) {
                    throw new TemplateError(line, "expected ']', found " + Cursor.describe(cursor.peek()));
                }
                parts[colons] = expression();
            }
        }
        if (colons > 0) {
            return new Node.SliceExpr(target, parts[0], parts[1], parts[2], line);
        }
        if (parts[0] == null) {
            throw new TemplateError(line, "expected an index between [ and ]");
        }
        return new Node.Item(target, parts[0], line);
    }

    private Node.Expr primary() {
        Token token = cursor.next();
        int line = token.line();
        switch (token.kind()) {
            case NAME:
                return switch (token.value()) {
                    case "true", "True" -> new Node.Literal(true, line);
                    case "false", "False" -> new Node.Literal(false, line);
                    case "none", "None" -> new Node.Literal(null, line);
                    default -> new Node.Name(token.value(), line);
                };
            case STRING: {
                StringBuilder text = new StringBuilder(token.value());
                while (cursor.peek().kind() == Kind.STRING) {
                    text.append(cursor.next().value());
                }
                return new Node.Literal(Str.of(text.toString()), line);
            }
            case INTEGER:
                try {
                    return new Node.Literal(Long.valueOf(token.value()), line);
                } catch (NumberFormatException e) {
                    throw new TemplateError(line, "number " + token.value() + " is too large");
                }
            case FLOAT:
                return new Node.Literal(Double.valueOf(token.value()), line);
            case OPERATOR:
                if (token.value().equals("(")) {
                    if (cursor.accept(Kind.OPERATOR, ")")) {
                        return new Node.ListExpr(List.of(), line);
                    }
                    Node.Expr value = tuple();
                    cursor.expect(Kind.OPERATOR, ")");
                    return value;
                }
                if (token.value().equals("[")) {
                    List<Node.Expr> items = new ArrayList<>();
                    while (!cursor.accept(Kind.OPERATOR, "]")) {
                        items.add(expression());
                        if (!cursor.peek().is(Kind.OPERATOR, "]")) {
                            cursor.expect(Kind.OPERATOR, ",");
                        }
                    }
                    return new Node.ListExpr(items, line);
                }
                if (token.value().equals("{")) {
                    List<Node.Expr> keys = new ArrayList<>();
                    List<Node.Expr> values = new ArrayList<>();
                    while (!cursor.accept(Kind.OPERATOR, "}")) {
                        keys.add(expression());
                        cursor.expect(Kind.OPERATOR, ":");
                        values.add(expression());
                        if (!cursor.peek().is(Kind.OPERATOR, "}")) {
                            cursor.expect(Kind.OPERATOR, ",");
                        }
                    }
                    return new Node.DictExpr(keys, values, line);
                }
                break;
            default:
        }
        throw new TemplateError(line, "expected an expression, found " + Cursor.describe(token));
    }
}
