// The time line: the highest load of every agent, and what happens to each; a click shows a step.
const CHART = 90, ROW = 26, LEFT = 40, RIGHT = 10, SPAN = 1000;

/** A time line: {parts, show(step)}; `go` is called with the step that is clicked. */
function makeTimeline(agents, go) {
  const shown = agents.length, height = CHART + 24 + shown * ROW;
  const svg = draw("svg", { viewBox: `0 0 ${LEFT + SPAN + RIGHT} ${height}`, preserveAspectRatio: "none", height, role: "img", "aria-label": "highest load of each agent over time, and its events" });
  const last = Math.max(...agents.map((agent) => agent.maxSteps), 2) - 1;
  const x = (step) => LEFT + SPAN * step / last;
  const top = Math.min(255, Math.max(120, ...agents.flatMap((agent) => Array.from(agent.highest))));
  const y = (load) => 4 + CHART * (1 - load / top);
  const limit = make("span", { class: "limit", style: `top:${y(100) - 9}px` }, "100 %");
  svg.append(draw("line", { x1: LEFT, x2: LEFT + SPAN, y1: y(100), y2: y(100), stroke: "var(--load-4)", "stroke-width": 1, "vector-effect": "non-scaling-stroke" }));
  for (const agent of agents) svg.append(curve(agent, x, y));
  agents.forEach((agent, row) => drawEvents(svg, agent, CHART + 14 + row * ROW, x));
  const cursor = draw("line", { y1: 0, y2: height, stroke: "var(--accent)", "stroke-width": 2, "vector-effect": "non-scaling-stroke" });
  svg.append(cursor);
  const pick = (event) => {
    const box = svg.getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width * (LEFT + SPAN + RIGHT);
    go(Math.round((place - LEFT) / SPAN * last));
  };
  svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); pick(event); });
  svg.addEventListener("pointermove", (event) => { if (event.buttons) pick(event); });
  const show = (step) => { cursor.setAttribute("x1", x(step)); cursor.setAttribute("x2", x(step)); };
  return { parts: [svg, limit], show };
}

function curve(agent, x, y) {
  const points = Array.from(agent.highest, (load, step) => `${x(step).toFixed(1)},${y(load).toFixed(1)}`);
  return draw("polyline", {
    points: points.join(" "), fill: "none", stroke: `var(--agent-${agent.number % DATA.look.agents.length})`, "stroke-width": 1.6,
    "stroke-dasharray": DATA.look.agents[agent.number % DATA.look.agents.length].dash, "vector-effect": "non-scaling-stroke",
  });
}

/** A row: attacks and maintenance as bars, actions and opened lines as marks. */
function drawEvents(svg, agent, top, x) {
  const colour = `var(--agent-${agent.number % DATA.look.agents.length})`;
  svg.append(draw("rect", { x: 0, y: top + 3, width: LEFT - 8, height: 4, fill: colour }));
  svg.append(draw("line", { x1: x(0), x2: x(agent.steps - 1), y1: top + 12, y2: top + 12, stroke: "var(--rule)", "stroke-width": 1, "vector-effect": "non-scaling-stroke" }));
  const bar = (start, end, y, kind) => svg.append(draw("rect", { x: x(start), y, width: Math.max(x(end) - x(start), 1.5), height: 4, fill: `var(--${kind})` }));
  for (const [, start, end] of agent.attacked) bar(start, end, top + 1, "attack");
  for (const [, start, end] of agent.maintained) bar(start, end, top + 6, "maintenance");
  for (const event of agent.events) {
    if (event.kind === "action") svg.append(draw("rect", { x: x(event.step) - 0.7, y: top + 12, width: 1.6, height: 8, fill: "var(--accent)" }));
    if (event.kind === "protection") svg.append(draw("rect", { x: x(event.step) - 0.7, y: top + 10, width: 2.2, height: 12, fill: "var(--protection)" }));
    if (event.kind === "blackout") svg.append(draw("rect", { x: x(event.step) - 1.5, y: top - 1, width: 4, height: 23, fill: "var(--load-4)" }));
  }
}
