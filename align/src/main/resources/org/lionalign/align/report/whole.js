"use strict";
// What belongs to a whole run: the stages against each other, the pairs that were made, the steps and their times. Stands before the curves.
(() => {
  const whole = JSON.parse(document.getElementById("whole").textContent);
  const main = document.getElementById("main");
  const el = (tag, attributes = {}, ...children) => { const node = Object.assign(document.createElement(tag), attributes); node.append(...children); return node; };
  const fixed = (value, digits = 1) => value == null ? "–" : value.toFixed(digits);
  const section = title => main.append(el("h2", {textContent: title}));
  const grid = (head, rows, wide = []) => el("div", {className: "scroll"}, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map(text => el("th", {textContent: text})))),
    el("tbody", {}, ...rows.map(row => el("tr", {}, ...row.map((cell, i) => cell instanceof Node ? el("td", {className: wide.includes(i) ? "wide" : ""}, cell)
      : el("td", {textContent: cell, className: wide.includes(i) ? "wide" : ""})))))));
  const bar = (value, low, high, least, most) => {
    const at = v => Math.min(100, Math.max(0, 100 * (v - least) / Math.max(1e-9, most - least)));
    const box = el("div", {className: "bar"});
    box.append(el("i", {style: `width:${at(value)}%`}), el("u", {style: `left:${at(low)}%;width:${Math.max(0.4, at(high) - at(low))}%`}));
    return box;
  };
  const comparison = whole.comparison;
  if (comparison) {
    section("The models against each other");
    main.append(el("p", {className: "soft", textContent: `${comparison.prompts.toLocaleString("en")} held-out prompts, one answer of each model. Intervals are 95 %.`
      + (comparison.left_out ? ` ${comparison.left_out.toLocaleString("en")} prompts that a model did not answer are left out.` : "")}));
    const cut = Object.entries(comparison.truncated || {}).filter(([, n]) => n > 0);
    if (cut.length) main.append(el("p", {textContent: "⚠ answers cut off at the longest length: " + cut.map(([model, n]) => model + " " + n).join(", ")}));
    for (const judge of comparison.judges) {
      main.append(el("h3", {textContent: "Judge: " + judge.judge}));
      if (judge.withheld) {
        main.append(el("p", {className: "worse", textContent: `Withheld: ${judge.failed} of ${comparison.prompts} prompts have an answer without a score: `
          + Object.entries(judge.failures).map(([why, n]) => why + " " + n).join(", ")}));
        continue;
      }
      const binary = judge.successive.length > 0 && judge.successive[0].test.startsWith("McNemar");
      const scale = binary ? 100 : 1, unit = binary ? " %" : "";
      const half = m => 1.96 * (m.standard_error || 0);
      const least = binary ? 0 : Math.min(...judge.means.map(m => m.mean - half(m))), most = binary ? 1 : Math.max(...judge.means.map(m => m.mean + half(m)));
      main.append(grid(["model", "mean score", "95 %", ""], judge.means.map((m, i) => [m.model, fixed(scale * m.mean, binary ? 1 : 3) + unit,
        fixed(scale * (m.mean - half(m)), binary ? 1 : 3) + " to " + fixed(scale * (m.mean + half(m)), binary ? 1 : 3), bar(m.mean, m.mean - half(m), m.mean + half(m), least, most)])));
      main.append(grid(["from", "to", "difference", "95 %", "p", "test", "verdict"], judge.successive.map(s => [s.from, s.to, fixed(scale * s.difference, binary ? 1 : 3),
        fixed(scale * s.low, binary ? 1 : 3) + " to " + fixed(scale * s.high, binary ? 1 : 3), s.p == null ? "–" : s.p < 1e-4 ? "< 0.0001" : s.p.toFixed(4), s.test,
        el("b", {textContent: s.verdict, className: s.verdict.replace(" ", "-")})])));
      main.append(el("p", {className: "soft", textContent: "Win rates in per cent, the row against the column, ties half; in brackets the 95 % interval, then the rate at equal lengths."}));
      main.append(grid(["", ...judge.models], judge.win_rates.map((row, i) => [judge.models[i], ...row.map((w, j) => i === j ? "" :
        `${fixed(w.rate)} [${fixed(w.low)}, ${fixed(w.high)}] ${fixed(w.length_controlled)}`)])));
      const failures = Object.entries(judge.failures);
      if (failures.length) main.append(el("p", {textContent: "⚠ answers without a score: " + failures.map(([why, n]) => why + " " + n).join(", ")}));
    }
    section("Answers side by side");
    const shown = comparison.samples.map(s => [s.prompt, ...comparison.models.map((model, i) => {
      const cell = el("div", {textContent: s.answers[model]});
      for (const [judge, scores] of Object.entries(s.scores || {})) cell.append(el("small", {textContent: judge + ": " + fixed(scores[i], 2), className: "score"}));
      return cell;
    })]);
    const table = grid(["prompt", ...comparison.models], shown, [0, ...comparison.models.map((m, i) => i + 1)]);
    table.classList.add("answers");
    main.append(table);
  }
  if (whole.evaluation) lionEvaluation(whole.evaluation, main);
  for (const html of whole.pairs || []) main.append(el("div", {innerHTML: html}));
  if (whole.gates && whole.gates.length) {
    section("Drift of the online stage");
    main.append(grid(["iteration", "KL per token", "from", "length ×", "kept", "limits crossed"], whole.gates.map(g => [g.name, fixed(g.kl_low_variance, 5), g.kl_from || "", fixed(g.length_ratio, 2), g.keep, (g.crossed || []).join("; ")])));
  }
  if (whole.nodes) {
    section("Steps");
    const most = Math.max(...whole.nodes.map(n => n.seconds));
    const planned = whole.nodes.some(n => n.planned_seconds != null);
    // Against lion plan, where one was made for this folder: sampling is planned with every answer at its length limit.
    const against = n => n.planned_seconds > 0 ? [fixed(n.planned_seconds), (n.seconds >= n.planned_seconds ? "+" : "−") + fixed(Math.abs(100 * (n.seconds / n.planned_seconds - 1)), 0) + " %"] : ["–", ""];
    const spent = n => fixed(n.seconds) + (n.starts > 1 ? " in " + n.starts + " starts" : ""); // summed over them
    main.append(grid(["step", "seconds", "", ...(planned ? ["planned", "off by"] : []), "result", "key"], whole.nodes.map(n => [n.name, spent(n), bar(n.seconds, 0, 0, 0, most), ...(planned ? against(n) : []), n.say || "", n.key]), [planned ? 5 : 3]));
  }
})();
