package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Struct;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBStruct;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/** Rows of a Parquet file through DuckDB, streamed in the file's order. Numbers that are not finite make a row an error. */
final class ParquetRows implements RowReader {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Path file;
    private final DuckDBConnection connection;
    private final PreparedStatement statement;
    private final ResultSet rows;
    private final ResultSetMetaData columns;
    private long number;

    ParquetRows(Path file) {
        this.file = file;
        Properties properties = new Properties();
        properties.setProperty("jdbc_stream_results", "true");
        properties.setProperty("threads", "1"); // keeps the file's order without buffering
        try {
            connection = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
            statement = connection.prepareStatement("SELECT * FROM read_parquet(?)");
            statement.setString(1, file.toString());
            rows = statement.executeQuery();
            columns = rows.getMetaData();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private BadInput failure(SQLException e) {
        return new BadInput(file + ": not a readable Parquet file: " + firstLine(e), e);
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public @Nullable Row next() {
        try {
            if (!rows.next()) {
                return null;
            }
            number++;
            ObjectNode row = NODES.objectNode();
            for (int c = 1; c <= columns.getColumnCount(); c++) {
                row.set(columns.getColumnName(c), json(rows.getObject(c)));
            }
            return new Row(number, row, null);
        } catch (SQLException e) {
            throw failure(e);
        } catch (ArithmeticException e) {
            return new Row(number, null, "a number that is not finite");
        }
    }

    private static JsonNode json(@Nullable Object value) throws SQLException {
        if (value == null) {
            return NODES.nullNode();
        } else if (value instanceof Boolean flag) {
            return NODES.booleanNode(flag);
        } else if (value instanceof BigDecimal decimal) {
            return NODES.numberNode(decimal);
        } else if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (!Double.isFinite(number)) {
                throw new ArithmeticException();
            }
            return NODES.numberNode(number);
        } else if (value instanceof Number number) {
            return NODES.numberNode(number.longValue());
        } else if (value instanceof DuckDBStruct struct) {
            ObjectNode node = NODES.objectNode();
            for (Map.Entry<String, Object> entry : struct.getMap().entrySet()) {
                node.set(entry.getKey(), json(entry.getValue()));
            }
            return node;
        } else if (value instanceof Struct struct) {
            return list(List.of(struct.getAttributes()));
        } else if (value instanceof Array array) {
            return list(java.util.Arrays.asList((Object[]) array.getArray()));
        } else if (value instanceof Map<?, ?> map) {
            ObjectNode node = NODES.objectNode();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                node.set(String.valueOf(entry.getKey()), json(entry.getValue()));
            }
            return node;
        }
        return NODES.textNode(value.toString());
    }

    private static JsonNode list(List<?> values) throws SQLException {
        ArrayNode node = NODES.arrayNode();
        for (Object value : values) {
            node.add(json(value));
        }
        return node;
    }

    @Override
    public void close() {
        try {
            rows.close();
            statement.close();
            connection.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }
}
