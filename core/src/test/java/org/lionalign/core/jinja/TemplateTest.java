package org.lionalign.core.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

class TemplateTest {
    private static Rendered render(String template, String context) {
        return Template.parse("t", template).render(Json.parse(context, "context"));
    }

    @Test
    void charactersKnowTheirOrigin() {
        Rendered out = render(
                "{{ bos_token }}{% for m in messages %}[{{ m.content | trim }}]{% endfor %}{{ x }}",
                "{\"bos_token\":\"<s>\",\"x\":\"data\",\"messages\":[{\"content\":\" hi \"},{\"content\":\"yo\"}]}");
        assertThat(out.text()).isEqualTo("<s>[hi][yo]data");
        assertThat(out.sources())
                .containsExactly(
                        0,
                        0,
                        0,
                        0,
                        1,
                        1,
                        0,
                        0,
                        2,
                        2,
                        0,
                        Template.OTHER_DATA,
                        Template.OTHER_DATA,
                        Template.OTHER_DATA,
                        Template.OTHER_DATA);
    }

    @Test
    void dataStaysDataThroughJsonAndUpper() {
        Rendered out = render(
                "{{ messages[0].content | upper }}{{ messages[0] | tojson }}",
                "{\"messages\":[{\"content\":\"straße\"}]}");
        for (int source : out.sources()) {
            assertThat(source).isEqualTo(1);
        }
    }

    @Test
    void generationBlocksAreMarked() {
        Rendered out = render("a{% generation %}b{{ x }}{% endgeneration %}c", "{\"x\":\"y\"}");
        assertThat(out.text()).isEqualTo("abyc");
        assertThat(out.generated()).containsExactly(false, true, true, false);
        assertThat(out.hasGeneration()).isTrue();
    }

    @Test
    void refusalsNameTemplateLineAndMessage() {
        assertThatThrownBy(() -> render("\n\n{{ raise_exception('roles must alternate') }}", "{}"))
                .isInstanceOf(BadInput.class)
                .hasMessageStartingWith("t:3: ")
                .hasMessageContaining("roles must alternate");
        assertThatThrownBy(() -> render("{% include 'x' %}", "{}")).hasMessageContaining("'include' is not supported");
        assertThatThrownBy(() -> render("{{ x | urlize }}", "{}")).hasMessageContaining("filter 'urlize'");
        assertThatThrownBy(() -> render("{{ x.y }}", "{}")).hasMessageContaining("'x' is undefined");
        assertThatThrownBy(() -> render("{% for i in range(99999999) %}{% endfor %}", "{}"))
                .isInstanceOf(BadInput.class);
        assertThatThrownBy(() -> render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "{}"))
                .isInstanceOf(BadInput.class);
    }

    @Test
    void whiteSpaceAroundTagsIsJinjas() {
        assertThat(render("a\n  {% if true %}\nb\n  {% endif %}\nc\n", "{}").text())
                .isEqualTo("a\nb\nc");
        assertThat(render("a  {%- if true -%}  b  {%- endif %}  c", "{}").text())
                .isEqualTo("ab  c");
        assertThat(render("x {# note #}\ny {{ 1 }}\nz", "{}").text()).isEqualTo("x y 1\nz");
    }
}
