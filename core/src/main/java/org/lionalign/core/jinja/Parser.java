package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.jinja.Lexer.Kind;
import org.lionalign.core.jinja.Lexer.Token;

/** Statements of the grammar; expressions are in {@link ExpressionParser}. */
final class Parser {
    private static final int MAX_DEPTH = 100;

    private final ExpressionParser expressions;
    private final Cursor cursor;
    private int depth;

    /** The tokens and a place among them. */
    static final class Cursor {
        private final List<Token> tokens;
        private int at;

        Cursor(List<Token> tokens) {
            this.tokens = tokens;
        }

        Token peek() {
            return tokens.get(at);
        }

        Token peek(int ahead) {
            return tokens.get(Math.min(at + ahead, tokens.size() - 1));
        }

        Token next() {
            Token token = tokens.get(at);
            if (at < tokens.size() - 1) {
                at++;
            }
            return token;
        }

        boolean accept(Kind kind, String value) {
            if (peek().is(kind, value)) {
                next();
                return true;
            }
            return false;
        }

        Token expect(Kind kind, @Nullable String value) {
            Token token = next();
            if (token.kind() != kind || (value != null && !token.value().equals(value))) {
                throw new TemplateError(
                        token.line(),
                        "expected " + (value == null ? kind : "'" + value + "'") + ", found " + describe(token));
            }
            return token;
        }

        static String describe(Token token) {
            return token.kind() == Kind.END
                    ? "the end of the template"
                    : token.value().isEmpty() ? token.kind().toString() : "'" + token.value() + "'";
        }
    }

    private Parser(List<Token> tokens) {
        this.cursor = new Cursor(tokens);
        this.expressions = new ExpressionParser(cursor);
    }

    static List<Node.Statement> parse(String source) {
        Parser parser = new Parser(Lexer.lex(source));
        List<Node.Statement> body = parser.body(Set.of());
        parser.cursor.expect(Kind.END, null);
        return body;
    }

    /** Statements up to (not including the name of) one of the closing tags; with no closing tag, to the end. */
    private List<Node.Statement> body(Set<String> closing) {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError(cursor.peek().line(), "blocks are nested deeper than " + MAX_DEPTH);
        }
        List<Node.Statement> statements = new ArrayList<>();
        while (true) {
            Token token = cursor.peek();
            if (token.kind() == Kind.TEXT) {
                cursor.next();
                statements.add(new Node.Text(token.value(), token.line()));
            } else if (token.kind() == Kind.EXPRESSION_START) {
                cursor.next();
                statements.add(new Node.Output(expressions.tuple(), token.line()));
                cursor.expect(Kind.EXPRESSION_END, null);
            } else if (token.kind() == Kind.BLOCK_START) {
                if (closing.contains(cursor.peek(1).value())) {
                    cursor.next();
                    depth--;
                    return statements;
                }
                cursor.next();
                statements.add(statement());
            } else {
                if (!closing.isEmpty()) {
                    throw new TemplateError(
                            token.line(),
                            "expected one of " + new java.util.TreeSet<>(closing) + ", found "
                                    + Cursor.describe(token));
                }
                depth--;
                return statements;
            }
        }
    }

    private void end(String name) {
        cursor.expect(Kind.NAME, name);
        cursor.expect(Kind.BLOCK_END, null);
    }

    private List<Node.Statement> bodyUntil(String end) {
        cursor.expect(Kind.BLOCK_END, null);
        List<Node.Statement> body = body(Set.of(end));
        end(end);
        return body;
    }

    private Node.Statement statement() {
        Token name = cursor.expect(Kind.NAME, null);
        int line = name.line();
        switch (name.value()) {
            case "if":
                return ifStatement(line);
            case "for":
                return forStatement(line);
            case "set":
                return set(line);
            case "macro":
                return macro(line);
            case "call":
                return callBlock(line);
            case "filter": {
                List<Node.Filter> filters = expressions.filterChain();
                return new Node.FilterBlock(filters, bodyUntil("endfilter"), line);
            }
            case "generation":
                return new Node.Generation(bodyUntil("endgeneration"), line);
            case "with":
                return with(line);
            case "break":
                cursor.expect(Kind.BLOCK_END, null);
                return new Node.Break(line);
            case "continue":
                cursor.expect(Kind.BLOCK_END, null);
                return new Node.Continue(line);
            case "do": {
                Node.Expr value = expressions.tuple();
                cursor.expect(Kind.BLOCK_END, null);
                return new Node.Do(value, line);
            }
            default:
                throw new TemplateError(line, "tag '" + name.value() + "' is not supported");
        }
    }

    private Node.Statement ifStatement(int line) {
        List<Node.Expr> conditions = new ArrayList<>();
        List<List<Node.Statement>> bodies = new ArrayList<>();
        List<Node.Statement> otherwise = List.of();
        conditions.add(expressions.tuple());
        cursor.expect(Kind.BLOCK_END, null);
        while (true) {
            List<Node.Statement> body = body(Set.of("elif", "else", "endif"));
            if (bodies.size() < conditions.size()) {
                bodies.add(body);
            } else {
                otherwise = body;
            }
            Token tag = cursor.next();
            if (tag.value().equals("elif") && bodies.size() == conditions.size() && otherwise.isEmpty()) {
                conditions.add(expressions.tuple());
                cursor.expect(Kind.BLOCK_END, null);
            } else {
                cursor.expect(Kind.BLOCK_END, null);
                if (tag.value().equals("endif")) {
                    return new Node.If(conditions, bodies, otherwise, line);
                }
            }
        }
    }

    private Node.Statement forStatement(int line) {
        List<String> targets = new ArrayList<>();
        boolean parenthesis = cursor.accept(Kind.OPERATOR, "(");
        do {
            targets.add(cursor.expect(Kind.NAME, null).value());
        } while (cursor.accept(Kind.OPERATOR, ","));
        if (parenthesis) {
            cursor.expect(Kind.OPERATOR, ")");
        }
        cursor.expect(Kind.NAME, "in");
        Node.Expr iterable = expressions.withoutConditional();
        Node.Expr condition = cursor.accept(Kind.NAME, "if") ? expressions.expression() : null;
        boolean recursive = cursor.accept(Kind.NAME, "recursive");
        cursor.expect(Kind.BLOCK_END, null);
        List<Node.Statement> body = body(Set.of("else", "endfor"));
        List<Node.Statement> otherwise = List.of();
        if (cursor.next().value().equals("else")) {
            cursor.expect(Kind.BLOCK_END, null);
            otherwise = body(Set.of("endfor"));
            cursor.next();
        }
        cursor.expect(Kind.BLOCK_END, null);
        return new Node.For(targets, iterable, condition, body, otherwise, recursive, line);
    }

    private Node.Statement set(int line) {
        List<Node.Expr> targets = new ArrayList<>();
        do {
            Token name = cursor.expect(Kind.NAME, null);
            Node.Expr target = new Node.Name(name.value(), name.line());
            while (cursor.accept(Kind.OPERATOR, ".")) {
                target = new Node.Attribute(
                        target, cursor.expect(Kind.NAME, null).value(), line);
            }
            targets.add(target);
        } while (cursor.accept(Kind.OPERATOR, ","));
        if (cursor.accept(Kind.OPERATOR, "=")) {
            Node.Expr value = expressions.tuple();
            cursor.expect(Kind.BLOCK_END, null);
            return new Node.Set(targets, value, line);
        }
        List<Node.Filter> filters = cursor.accept(Kind.OPERATOR, "|") ? expressions.filterChain() : List.of();
        return new Node.SetBlock(targets.get(0), bodyUntil("endset"), filters, line);
    }

    private void parameters(List<String> names, Map<String, Node.Expr> defaults) {
        cursor.expect(Kind.OPERATOR, "(");
        while (!cursor.accept(Kind.OPERATOR, ")")) {
            String parameter = cursor.expect(Kind.NAME, null).value();
            names.add(parameter);
            if (cursor.accept(Kind.OPERATOR, "=")) {
                defaults.put(parameter, expressions.expression());
            }
            if (!cursor.peek().is(Kind.OPERATOR, ")")) {
                cursor.expect(Kind.OPERATOR, ",");
            }
        }
    }

    private Node.Statement macro(int line) {
        String name = cursor.expect(Kind.NAME, null).value();
        List<String> names = new ArrayList<>();
        Map<String, Node.Expr> defaults = new LinkedHashMap<>();
        parameters(names, defaults);
        return new Node.Macro(name, names, defaults, bodyUntil("endmacro"), line);
    }

    private Node.Statement callBlock(int line) {
        List<String> names = new ArrayList<>();
        if (cursor.peek().is(Kind.OPERATOR, "(")) {
            parameters(names, new LinkedHashMap<>());
        }
        if (!(expressions.expression() instanceof Node.Call call)) {
            throw new TemplateError(line, "expected a call after 'call'");
        }
        return new Node.CallBlock(call, names, bodyUntil("endcall"), line);
    }

    private Node.Statement with(int line) {
        List<String> names = new ArrayList<>();
        List<Node.Expr> values = new ArrayList<>();
        while (cursor.peek().kind() != Kind.BLOCK_END) {
            names.add(cursor.expect(Kind.NAME, null).value());
            cursor.expect(Kind.OPERATOR, "=");
            values.add(expressions.expression());
            if (!cursor.accept(Kind.OPERATOR, ",")) {
                break;
            }
        }
        return new Node.With(names, values, bodyUntil("endwith"), line);
    }
}
