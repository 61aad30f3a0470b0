"use strict";
// Benchmarks: headlines with what failed beside them, paired tests, categories, and single questions with what was answered and judged.
const lionEvaluation = (data, main) => {
  const colours = ["#c8752a", "#3f7fbf", "#4f9d69", "#a05fb4", "#c0504d", "#7d7a3c"];
  const colour = model => colours[data.models.indexOf(model) % colours.length];
  const el = (tag, attributes = {}, ...children) => { const node = Object.assign(document.createElement(tag), attributes); node.append(...children); return node; };
  const section = title => main.append(el("h2", {textContent: title}));
  const soft = text => el("p", {className: "soft", textContent: text});
  // The unit that the official tool reports: shares are drawn in per cent
  const units = {alpaca_eval: [1, " %", 0, 100], arena_hard: [1, " %", 0, 100], leaderboard_v1: [1, " %", 0, 100], leaderboard_v2: [1, " %", 0, 100], mt_bench: [1, "", 1, 10]};
  const unit = suite => units[suite] || [100, " %", 0, 100];
  const fixed = (value, digits = 1) => value == null ? "–" : value.toFixed(digits).replace("-", "−");
  const shown = (suite, value) => { const [scale, sign] = unit(suite); return value == null ? "–" : fixed(scale * value, scale === 1 && !sign ? 2 : 1) + sign; };
  const signed = (suite, value) => value == null ? "–" : (value > 0 ? "+" : "") + shown(suite, value).replace(" %", "");
  const clipped = (suite, value) => { const [scale, , least, most] = unit(suite); return Math.min(most, Math.max(least, scale * value)) / scale; };
  const counted = failures => Object.entries(failures).map(([why, n]) => why + " " + n.toLocaleString("en")).join(", ");
  const grid = (head, rows, wide = []) => el("div", {className: "scroll"}, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map(text => el("th", {textContent: text})))),
    el("tbody", {}, ...rows.map(row => el("tr", {}, ...row.map((cell, i) => {
      const td = el("td", {className: wide.includes(i) ? "wide" : ""});
      td.append(cell ?? "");
      return td;
    }))))));
  const bar = (suite, model, value, low, high) => {
    const [scale, , least, most] = unit(suite);
    const at = v => 100 * (scale * clipped(suite, v) - least) / (most - least);
    const box = el("div", {className: "bar"}, el("i", {style: `width:${at(value)}%;background:${colour(model)}`}));
    if (low != null && high != null) box.append(el("u", {style: `left:${at(low)}%;width:${Math.max(0.6, at(high) - at(low))}%`}));
    return box;
  };
  const label = model => el("span", {className: "model"}, el("b", {style: `background:${colour(model)}`}), model);

  section("Benchmarks");
  main.append(soft((data.limit ? `The first ${data.limit.toLocaleString("en")} questions of each task. ` : "") + "Bars run from the worst to the best possible number, the lines in them are 95 % intervals. "
    + "A headline is withheld where more than 5 % of its questions have no score; everything that went wrong is counted beside it."));
  main.append(grid(["suite", ...data.models], data.suites.map(suite => [
    el("div", {}, el("b", {textContent: suite.suite}), el("small", {className: "score", textContent: suite.about})),
    ...data.models.map(model => {
      const result = suite.results.find(r => r.model === model);
      if (!result) return "";
      const headline = result.metrics[0] || {};
      const cell = el("div", {className: "headline"});
      if (result.withheld) cell.append(el("b", {className: "worse", textContent: "withheld"}));
      else cell.append(el("b", {textContent: shown(suite.suite, headline.value)}), el("small", {textContent: " " + headline.name}), bar(suite.suite, model, headline.value, result.low, result.high),
        el("small", {className: "score", textContent: result.low == null ? "no interval" : shown(suite.suite, clipped(suite.suite, result.low)) + " to " + shown(suite.suite, clipped(suite.suite, result.high))}));
      cell.append(el("small", {className: "score", textContent: result.questions.toLocaleString("en") + " questions, " + result.failed.toLocaleString("en") + " without a score"}));
      if (Object.keys(result.failures).length) cell.append(el("small", {className: "score warn", textContent: "⚠ " + counted(result.failures)}));
      return cell;
    })]), [0, ...data.models.map((m, i) => i + 1)]));

  const tests = data.suites.flatMap(suite => suite.comparisons.flatMap(pair => [{suite: suite.suite, name: suite.suite, ...pair},
    ...(pair.parts || []).map(part => ({suite: "", from: pair.from, to: pair.to, ...part, name: "· " + part.part}))]));
  if (tests.length) {
    section("Question by question");
    const made = tests.filter(t => t.p != null).length;
    main.append(soft("Both checkpoints on the same questions: McNemar's exact test where every score is right or wrong, else the paired bootstrap. "
      + (made > 1 ? `At the 5 % level, ${made} tests of checkpoints that do not differ would find about ${fixed(made / 20)} differences.` : "")));
    main.append(grid(["suite", "from", "to", "difference, points", "95 %", "p", "verdict", "questions", "test"], tests.map(t => {
      const like = t.suite === "mt_bench" ? "mt_bench" : "";
      return [t.name, label(t.from), label(t.to), signed(like, t.difference), t.low == null ? "–" : signed(like, t.low) + " to " + signed(like, t.high),
        t.p == null ? "–" : t.p < 1e-4 ? "< 0.0001" : t.p.toFixed(4), el("b", {textContent: t.verdict, className: t.verdict.replace(" ", "-")}),
        t.questions.toLocaleString("en") + (t.unpaired ? ` (${t.unpaired} left out)` : ""), t.test];
    })));
  }

  const parted = data.suites.filter(suite => suite.results.some(r => !r.withheld && r.categories.length > 1));
  if (parted.length) {
    section("By category");
    const cards = el("div", {className: "charts"});
    for (const suite of parted) {
      const rows = el("div", {className: "categories"});
      const names = [...new Set(suite.results.flatMap(r => r.categories.map(c => c.name)))];
      for (const name of names) {
        rows.append(el("div", {className: "category", textContent: name}));
        for (const result of suite.results) {
          const c = result.categories.find(category => category.name === name);
          if (!c || c.value == null) continue;
          const half = c.standard_error == null ? null : 1.96 * c.standard_error;
          rows.append(el("div", {className: "strip", title: `${result.model}: ${shown(suite.suite, c.value)}${half == null ? "" : " ± " + shown(suite.suite, half)}, ${c.count} questions`},
            bar(suite.suite, result.model, c.value, half == null ? null : c.value - half, half == null ? null : c.value + half), el("small", {textContent: shown(suite.suite, c.value)})));
        }
      }
      cards.append(el("div", {className: "chart"}, el("h3", {textContent: suite.suite}), ...(data.models.length > 1 ? [el("p", {className: "legend"}, ...data.models.map(label))] : []), rows));
    }
    main.append(cards);
  }

  main.append(el("details", {}, el("summary", {textContent: "All numbers"}), grid(["suite", "model", "number", "value", "± error", "n"],
    data.suites.flatMap(suite => suite.results.flatMap(r => [...r.metrics, ...r.categories].map(m => [suite.suite, label(r.model), m.name,
      m.value == null ? "–" : String(+m.value.toPrecision(6)), m.standard_error == null ? "" : String(+m.standard_error.toPrecision(3)), m.count.toLocaleString("en")]))))));

  const browsed = data.suites.filter(suite => (suite.questions || []).length);
  if (browsed.length) browse(browsed);

  // Single questions: a list to choose from, and what was asked, answered and judged
  function browse(suites) {
    section("Questions");
    const select = (...options) => el("select", {}, ...options.map(([value, text]) => el("option", {value, textContent: text})));
    const suiteOf = select(...suites.map(s => [s.suite, s.suite]));
    const category = el("select"), outcome = select(["", "all outcomes"], ["differ", "checkpoints differ"], ["failed", "without a score"], ["wrong", "score below half"], ["right", "score above half"]);
    const search = el("input", {type: "search", placeholder: "text in question or answer"});
    const list = el("div", {className: "list"}), detail = el("div", {className: "detail"}), note = soft("");
    main.append(el("nav", {className: "filters"}, suiteOf, category, outcome, search), note, el("div", {className: "browse"}, list, detail));
    const half = suite => suite === "mt_bench" ? 5.5 : 0.5;
    const chosen = () => suites.find(s => s.suite === suiteOf.value);
    const matches = question => {
      const scores = Object.values(question.models).map(m => m.score);
      const fits = {"": true, differ: new Set(scores).size > 1, failed: scores.includes(null), wrong: scores.some(s => s != null && s < half(suiteOf.value)), right: scores.some(s => s != null && s > half(suiteOf.value))}[outcome.value];
      return fits && (!category.value || question.category === category.value) && (!search.value || JSON.stringify(question).toLowerCase().includes(search.value.toLowerCase()));
    };
    const chip = (model, score) => el("span", {className: "chip" + (score == null ? " worse" : ""), style: `border-color:${colour(model)}`, textContent: score == null ? "–" : String(+score.toPrecision(3))});
    const fill = () => {
      const suite = chosen(), found = suite.questions.filter(matches);
      note.textContent = `${found.length.toLocaleString("en")} of ${suite.questions.length.toLocaleString("en")} shown`
        + (suite.questions_in_all > suite.questions.length ? `; the suite's other ${(suite.questions_in_all - suite.questions.length).toLocaleString("en")} are in questions.jsonl` : "") + ".";
      list.replaceChildren(...found.map(question => {
        const button = el("button", {type: "button"}, el("span", {textContent: question.id}), ...Object.entries(question.models).map(([model, m]) => chip(model, m.score)));
        button.onclick = () => { list.querySelectorAll("button").forEach(b => b.classList.toggle("on", b === button)); show(suite, question); };
        return button;
      }));
      detail.replaceChildren();
      if (list.firstChild) list.firstChild.onclick();
    };
    const title = key => key.replaceAll("_", " ");
    const body = value => {
      if (value === null || value === "") return el("div", {className: "text soft", textContent: value === "" ? "(empty)" : "–"});
      if (Array.isArray(value) && value.every(v => typeof v !== "object" || v === null)) {
        if (value.length === 1) return body(value[0]);
        return el("ol", {start: 0, className: "text"}, ...value.map(v => el("li", {textContent: typeof v === "number" ? String(+v.toPrecision(5)) : String(v)})));
      }
      if (Array.isArray(value)) return el("div", {className: "sides"}, ...value.map(body));
      if (typeof value === "object") return fields(value);
      return el("div", {className: "text", textContent: typeof value === "number" ? String(+value.toPrecision(6)) : String(value)});
    };
    const first = ["instruction", "prompt", "question", "choices", "gold", "target", "answer", "finish", "predicted"];
    const rank = key => (first.indexOf(key) + first.length + 1) % (first.length + 1);
    const fields = object => el("dl", {}, ...Object.entries(object).filter(([key]) => key !== "model" && key !== "question_id").sort(([a], [b]) => rank(a) - rank(b)).flatMap(([key, value]) => {
      const term = el("dt", {textContent: title(key)});
      if (value && value.games) return [...fields(value).childNodes];
      if (key === "games" && Array.isArray(value)) return [term, el("dd", {}, el("div", {className: "sides"}, ...value.map((game, i) =>
        el("div", {}, el("h4", {textContent: i === 0 ? "the baseline is shown first" : "the checkpoint is shown first"}), fields(game)))))];
      const folded = typeof value === "string" && (/^(user|judge)_prompt$/.test(key) || (/prompt|baseline/.test(key) && value.length > 600));
      return [term, el("dd", {}, folded ? el("details", {}, el("summary", {textContent: value.length.toLocaleString("en") + " characters"}), body(value)) : body(value))];
    }));
    const show = (suite, question) => {
      detail.replaceChildren(el("h3", {textContent: question.id + (question.category ? " · " + question.category : "")}), fields(question.shared),
        el("div", {className: "sides"}, ...Object.entries(question.models).map(([model, m]) => el("div", {className: "side"}, el("h4", {}, label(model), chip(model, m.score)), fields(m.detail)))));
      detail.scrollTop = 0;
    };
    const change = () => {
      const names = [...new Set(chosen().questions.map(q => q.category).filter(c => c))];
      category.replaceChildren(el("option", {value: "", textContent: "all categories"}), ...(names.length > 1 ? names.map(n => el("option", {value: n, textContent: n})) : []));
      fill();
    };
    suiteOf.onchange = change;
    category.onchange = outcome.onchange = search.oninput = fill;
    change();
  }
};
