package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Comma-separated values with a header and quoted fields (RFC 4180), as GPQA and MuSR come; an empty field is null, as pandas reads it. */
final class Csv {
    private final String origin;
    private final String text;
    private int at;
    private int line = 1;

    private Csv(String origin, String text) {
        this.origin = origin;
        this.text = text;
    }

    /** One object per record, the header's names as keys. */
    static List<Rows.Row> read(String origin, String text) {
        Csv csv = new Csv(origin, text.startsWith("\uFEFF") ? text.substring(1) : text);
        List<Rows.Row> rows = new ArrayList<>();
        List<String> header = csv.at < csv.text.length() ? csv.record() : List.of();
        while (csv.at < csv.text.length()) {
            int start = csv.line;
            List<String> fields = csv.record();
            if (fields.size() == 1 && fields.get(0).isEmpty()) {
                continue; // an empty line
            }
            if (fields.size() != header.size()) {
                throw new BadInput(
                        origin + ":" + start + ": expected " + header.size() + " fields, found " + fields.size());
            }
            ObjectNode row = Json.object();
            for (int i = 0; i < fields.size(); i++) {
                if (fields.get(i).isEmpty()) {
                    row.putNull(header.get(i));
                } else {
                    row.put(header.get(i), fields.get(i));
                }
            }
            rows.add(new Rows.Row(row, origin + ":" + start));
        }
        return rows;
    }

    private List<String> record() {
        List<String> fields = new ArrayList<>();
        while (true) {
            fields.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
            if (at >= text.length()) {
                return fields;
            }
            char c = text.charAt(at++);
            if (c == ',') {
                continue;
            }
            if (c == '\r' && at < text.length() && text.charAt(at) == '\n') {
                at++;
            } else if (c != '\n' && c != '\r') {
                throw new BadInput(origin + ":" + line + ": expected a comma after a quoted field, found " + c);
            }
            line++;
            return fields;
        }
    }

    private String plain() {
        int from = at;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private String quoted() {
        int opened = line;
        StringBuilder field = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                if (at + 1 >= text.length() || text.charAt(at + 1) != '"') {
                    at++;
                    return field.toString();
                }
                at++;
            } else if (c == '\n') {
                line++;
            }
            field.append(c);
        }
        throw new BadInput(origin + ":" + opened + ": expected a closing quotation mark, found the end of the file");
    }
}
