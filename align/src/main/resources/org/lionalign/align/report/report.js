"use strict";
(() => {
  const runs = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colours = ["#c8752a", "#3f7fbf", "#4f9d69", "#a05fb4", "#c0504d", "#7d7a3c"];
  const charts = [];
  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node[key] = value;
    node.append(...children);
    return node;
  };
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = value => typeof value !== "number" ? String(value ?? "")
    : Number.isInteger(value) ? value.toLocaleString("en") : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : value.toPrecision(4);
  document.getElementById("title").textContent = runs.map(run => run.name).join(", ")
    || JSON.parse(document.getElementById("whole").textContent).title || "";
  if (dark.matches) document.documentElement.classList.add("dark");

  const section = title => { const head = el("h2", {textContent: title}); main.append(head); return head; };
  const table = (columns, rows, wide = []) => {
    const body = el("tbody");
    const fill = list => body.replaceChildren(...list.map(row => el("tr", {}, ...columns.map(c =>
      el("td", {textContent: number(row[c]), className: wide.includes(c) ? "wide" : ""})))));
    fill(rows);
    const head = el("tr", {}, ...columns.map(c => {
      const cell = el("th", {textContent: c});
      let up = true;
      cell.onclick = () => { fill([...rows].sort((a, b) => (a[c] > b[c] ? 1 : a[c] < b[c] ? -1 : 0) * (up ? 1 : -1))); up = !up; };
      return cell;
    }));
    return el("div", {className: "scroll"}, el("table", {className: rows.length > 12 && !wide.length ? "tall" : ""}, el("thead", {}, head), body));
  };

  // Headline figures
  for (const run of runs) {
    const last = run.metrics.at(-1), first = run.eval[0], end = run.eval.at(-1);
    if (!last) continue;
    if (runs.length > 1) section(run.name); else section("In short");
    const seconds = run.metrics.reduce((sum, m) => sum + (m.seconds || 0), 0);
    const figures = [["steps", last.step], ["loss", last.loss], ["tokens", run.metrics.reduce((s, m) => s + m.tokens, 0)],
      ["supervised tokens", run.metrics.reduce((s, m) => s + m.supervised, 0)]];
    if (seconds > 0) figures.push(["tokens per second", Math.round(run.metrics.reduce((s, m) => s + m.tokens, 0) / seconds)]);
    if (seconds > 0) figures.push(["training time", seconds < 120 ? seconds.toFixed(1) + " s" : (seconds / 60).toFixed(1) + " min"]);
    if (end) figures.push(["held-out loss", end.loss], ["before", first.loss]);
    const flops = run.metrics.reduce((s, m) => s + (m.flops || 0), 0), peak = run.environment && run.environment.product_rate;
    if (flops > 0 && peak > 0 && seconds > 0) figures.push(["of the product rate", Math.round(100 * flops / seconds / peak) + " %"]);
    if (run.probe) figures.push(["answers that stop", run.probe.stopped + " of " + run.probe.prompts]);
    const off = run.summary && run.summary.plan && run.summary.plan.off;
    if (typeof off === "number") figures.push(["time against plan", (off >= 0 ? "+" : "−") + Math.abs(100 * off).toFixed(0) + " %"]);
    if (end && "rewards/accuracies" in end) figures.push(["held-out accuracy", end["rewards/accuracies"]]);
    main.append(el("div", {className: "figures"}, ...figures.map(([name, value]) =>
      el("div", {className: "figure"}, el("b", {textContent: number(value)}), el("small", {textContent: name})))));
    for (const alarm of (run.summary && run.summary.alarms) || []) main.append(el("p", {textContent: "⚠ " + alarm}));
  }

  // What a step's line says in raw numbers is drawn as rates
  for (const run of runs) {
    const peak = run.environment && run.environment.product_rate;
    for (const line of run.metrics) if (line.seconds > 0) {
      line["supervised tokens/s"] = line.supervised / line.seconds;
      if (peak > 0 && line.flops > 0) line["% of the product rate"] = 100 * line.flops / line.seconds / peak;
    }
  }

  // Charts: one per quantity, a line per run; held-out values dashed
  const raw = ["step", "examples", "epoch", "supervised_tokens", "tokens", "supervised", "seconds", "flops", "resident_bytes"];
  const names = [];
  for (const run of runs) for (const line of [...run.metrics.slice(0, 1), ...run.eval.slice(0, 1)])
    for (const [key, value] of Object.entries(line)) if (typeof value === "number" && !raw.includes(key) && !names.includes(key)) names.push(key);
  const order = ["loss", "rewards/accuracies", "rewards/margins", "rewards/chosen", "rewards/rejected", "grad_norm", "lr"];
  names.sort((a, b) => (order.indexOf(a) + 99) % 99 - (order.indexOf(b) + 99) % 99);
  const smoothed = (values, alpha) => {
    let state = null;
    return values.map(v => v == null ? null : (state = state == null ? v : alpha * state + (1 - alpha) * v));
  };
  const draw = () => {
    if (!charts.length) return;
    const alpha = +document.getElementById("smooth").value, log = document.getElementById("log").checked;
    for (const chart of charts) {
      if (chart.plot) chart.plot.destroy();
      const data = [chart.steps, ...chart.series.map(s => s.held ? s.values : smoothed(s.values, alpha))];
      const usable = log && data.slice(1).every(values => values.every(v => v == null || v > 0));
      const axis = {stroke: css("--soft"), grid: {stroke: css("--grid"), width: 1}, ticks: {stroke: css("--grid"), width: 1}, font: "11px system-ui", size: 52};
      chart.plot = new uPlot({
        width: Math.max(260, chart.node.clientWidth - 24), height: 220, scales: {x: {time: false}, y: {distr: usable ? 3 : 1}},
        cursor: {drag: {x: true, y: false}}, axes: [{...axis, size: 30}, {...axis, values: (u, ticks) => ticks.map(t => t == null ? "" : t !== 0 && Math.abs(t) < 1e-2 ? t.toExponential(0) : +t.toPrecision(4))}],
        series: [{label: "step"}, ...chart.series.map((s, i) => ({label: s.label, stroke: colours[s.run % colours.length], width: s.held ? 2 : 1.5,
          dash: s.held ? [6, 4] : undefined, spanGaps: true, points: {show: s.held}, value: (u, v) => v == null ? "–" : number(v)}))]
      }, data, chart.node);
    }
  };
  if (!names.length) document.querySelectorAll("#controls label").forEach(label => label.remove());
  if (names.length) {
    section("Curves");
    const grid = el("div", {className: "charts"});
    main.append(grid);
    for (const name of names) {
      const steps = [...new Set(runs.flatMap(run => [...run.metrics, ...run.eval].map(m => m.step)))].sort((a, b) => a - b);
      const at = new Map(steps.map((s, i) => [s, i]));
      const series = [];
      for (const run of runs) for (const held of [false, true]) {
        const values = steps.map(() => null);
        for (const line of held ? run.eval : run.metrics) if (typeof line[name] === "number") values[at.get(line.step)] = line[name];
        if (values.some(v => v != null)) series.push({label: (runs.length > 1 ? run.name + " " : "") + (held ? "held out" : "training"), values, held, run: runs.indexOf(run)});
      }
      const node = el("div", {className: "chart"}, el("h3", {textContent: name}));
      grid.append(node);
      charts.push({node, steps, series});
    }
  }

  // Sample answers: a row per prompt, a column per evaluation and run
  const samples = runs.flatMap(run => run.samples.map(s => ({...s, run: run.name})));
  if (samples.length) {
    section("Sample answers");
    const prompt = s => typeof s.prompt === "string" ? s.prompt : (s.messages || s.prompt || []).map(m => m.role + ": " + m.content).join("\n");
    const column = s => (runs.length > 1 ? s.run + ", " : "") + "step " + s.step;
    const columns = [...new Set(samples.map(column))];
    const rows = new Map();
    for (const s of samples) {
      const row = rows.get(prompt(s)) || {prompt: prompt(s)};
      row[column(s)] = (s.answers || []).map(a => a.text + (a.finish === "stop" ? "" : " ⟨" + a.finish + "⟩")).join("\n---\n");
      rows.set(prompt(s), row);
    }
    main.append(table(["prompt", ...columns], [...rows.values()], ["prompt", ...columns]));
  }

  for (const run of runs) {
    const suffix = runs.length > 1 ? ": " + run.name : "";
    if (run.ledger) {
      section("Ledger" + suffix);
      const counted = counts => Object.entries(counts || {}).map(([name, n]) => name + " " + n.toLocaleString("en")).join(", ");
      main.append(table(["source", "layout", "in", "kept", "repeated", "cut", "supervised tokens", "context tokens", "set aside"],
        Object.entries(run.ledger).filter(([, v]) => typeof v === "object").map(([source, v]) => ({
          source, layout: counted(v.layouts), in: v.in, kept: v.kept, repeated: v.repeated || 0, cut: v.cut,
          "supervised tokens": v.supervised_tokens, "context tokens": v.context_tokens, "set aside": counted(v.set_aside)})), ["source", "set aside"]));
    }
    const fold = (title, ...content) => main.append(el("details", {}, el("summary", {textContent: title + suffix}), ...content));
    if (run.eval.length) fold("Evaluations", table(Object.keys(run.eval[0]), run.eval));
    if (run.metrics.length) fold("Steps", table(Object.keys(run.metrics[0]), run.metrics));
    if (run.probe && run.probe.answers) fold("Does it stop?", table(["prompt", "text", "tokens", "finish"], run.probe.answers, ["prompt", "text"]));
    if (run.first_batch && run.first_batch.rows) fold("First batch against the plain fp64 path", table(["what", "fast path", "plain path", "error", "tolerance"], [
      {what: "loss", "fast path": run.first_batch.loss, "plain path": run.first_batch.plain_loss, error: run.first_batch.loss_error, tolerance: run.first_batch.loss_tolerance},
      {what: "gradient along itself", "fast path": "", "plain path": "", error: run.first_batch.gradient_error, tolerance: run.first_batch.gradient_tolerance}]));
    if (run.recipe) fold("Recipe", el("pre", {textContent: run.recipe}));
    if (run.plan) fold("Plan", el("pre", {textContent: JSON.stringify(run.plan, null, 2)}));
    if (run.environment) fold("Environment", table(["key", "value"], Object.entries(run.environment).map(([key, value]) => ({key, value})), ["value"]));
  }
  draw();
  for (const control of document.querySelectorAll("#controls input")) control.oninput = draw;
  document.getElementById("theme").onclick = () => { document.documentElement.classList.toggle("dark"); draw(); };
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
  document.body.dataset.charts = charts.length;
})();
