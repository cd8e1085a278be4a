// The map of a grid, as SVG: drawn once for each agent, changed at each step.
const NAMED_LOAD = 95;
const SMALL_MW = 0.1;

/** A map: {svg, show(agent, step)}. */
function makeMap() {
  const svg = draw("svg", { class: "map", viewBox: `0 0 ${GRID.width} ${GRID.height}`, role: "img" });
  const lines = GRID.lines.map((name, number) => makeLine(svg, number));
  const substations = GRID.substations.map((name, number) => makeSubstation(svg, number));
  const texts = draw("g");
  svg.append(texts);
  const show = (agent, step) => {
    const topology = agent.topologyNow(step), causes = agent.causesNow(step);
    texts.replaceChildren();
    lines.forEach((line, number) => showLine(line, number, agent, step, topology, causes, texts));
    showSubstations(substations, agent, step, topology);
    const load = agent.highest[step];
    svg.setAttribute("aria-label", `map of the grid of ${agent.name} at step ${step}, highest load ${load} %`);
  };
  return { svg, show };
}

function makeLine(svg, number) {
  const group = draw("g", { "data-line": number });
  const flow = draw("line", { class: "flow" }), arrow = draw("path", { class: "arrow" });
  const hit = draw("line", { class: "hit", "stroke-width": 22 * GRID.scale });
  group.append(flow, arrow, hit);
  svg.append(group);
  return { group, flow, arrow, hit };
}

function makeSubstation(svg, number) {
  const [x, y] = GRID.places[number], radius = 7 * GRID.scale;
  const group = draw("g", { "data-substation": number });
  const ring = draw("circle", { class: "ring", cx: x, cy: y, r: 2.6 * radius, "stroke-width": 4 * GRID.scale });
  const second = draw("rect", { class: "second", x: x + GRID.shift[0] - radius, y: y + GRID.shift[1] - radius, width: 2 * radius, height: 2 * radius });
  const dot = draw("circle", { class: "dot", cx: x, cy: y, r: radius });
  const name = draw("text", { class: "name", x: x + 1.6 * radius, y: y + 2 * radius + GRID.font / 2, "font-size": GRID.font }, GRID.labels[number]);
  group.append(ring, second, dot, name);
  svg.append(group);
  return { group, ring, second };
}

/** The ends of a line [x1, y1, x2, y2], by the busbars that it is on. */
function endsOf(number, topology) {
  const ends = [...GRID.segments[number]];
  GRID.elements[number].forEach((element, side) => {
    if (topology[element] !== 2) return;
    ends[2 * side] += GRID.shift[0];
    ends[2 * side + 1] += GRID.shift[1];
  });
  return ends;
}

function showLine(line, number, agent, step, topology, causes, texts) {
  const [x1, y1, x2, y2] = endsOf(number, topology);
  for (const part of [line.flow, line.hit]) for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) part.setAttribute(key, value);
  const cause = CAUSES[causes[number]], load = agent.loads[number][step];
  const entry = DATA.look.loads[loadClass(load)];
  const colour = cause ? `var(--${cause})` : `var(--load-${loadClass(load)})`;
  line.flow.setAttribute("stroke", colour);
  line.flow.setAttribute("stroke-width", (cause ? 3 : entry.width) * GRID.scale);
  line.flow.classList.toggle("out", Boolean(cause));
  const flow = cause || !agent.complete ? 0 : agent.flows[number][step];
  line.arrow.setAttribute("d", flow ? arrowPath(x1, y1, x2, y2, flow > 0, entry.width) : "");
  line.arrow.setAttribute("fill", colour);
  if (!cause && load < NAMED_LOAD) return;
  const attributes = { x: (x1 + x2) / 2, y: (y1 + y2) / 2, "font-size": GRID.font, class: cause ? "mark" : "load" };
  const text = draw("text", attributes, cause ? DATA.look.out[cause].mark : `${loadText(load)}`);
  if (cause) text.setAttribute("style", `fill:var(--${cause})`);
  texts.append(text);
}

function arrowPath(x1, y1, x2, y2, forward, width) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1, way = forward ? 1 : -1;
  const ax = way * (x2 - x1) / length, ay = way * (y2 - y1) / length;
  const size = (5 + width) * GRID.scale, mx = (x1 + x2) / 2, my = (y1 + y2) / 2;
  const point = (along, across) => `${(mx + size * (along * ax - across * ay)).toFixed(1)} ${(my + size * (along * ay + across * ax)).toFixed(1)}`;
  return `M${point(0.7, 0)}L${point(-0.7, 0.6)}L${point(-0.7, -0.6)}Z`;
}

function showSubstations(substations, agent, step, topology) {
  const split = new Set(), acted = new Set();
  topology.forEach((busbar, element) => { if (busbar === 2) split.add(GRID.substationOf[element]); });
  for (const place of agent.usedAt.get(step) ?? []) acted.add(agent.used[place][1]);
  for (const place of agent.switchedAt?.get(step) ?? []) GRID.ends[agent.switched[place][1]].forEach((end) => acted.add(end));
  for (const place of agent.movesAt.get(step) ?? []) {
    const [, kind, number] = agent.moves[place];
    if (Math.abs(agent.movesMw[place]) < SMALL_MW) continue;
    acted.add((MOVES[kind] === "stored" ? GRID.storagesAt : GRID.generatorsAt)[number]);
  }
  substations.forEach((substation, number) => {
    substation.second.style.display = split.has(number) ? "" : "none";
    substation.ring.style.display = acted.has(number) ? "" : "none";
  });
}

const loadText = (load) => load >= 255 ? "≥ 255 %" : `${load} %`;

/** What is said of a line or substation under the pointer. */
function describe(target, agent, step) {
  const line = target.closest("[data-line]"), substation = target.closest("[data-substation]");
  if (line) return describeLine(Number(line.dataset.line), agent, step);
  if (substation) return describeSubstation(Number(substation.dataset.substation), agent, step);
  return "";
}

function describeLine(number, agent, step) {
  const cause = CAUSES[agent.causesNow(step)[number]];
  const [from, to] = GRID.ends[number].map((end) => GRID.substations[end]);
  const name = `line ${GRID.lines[number]}`;
  const causes = { attack: "attacked", maintenance: "in maintenance", protection: "opened by protections", other: "open" };
  if (cause) return `${name}, ${from} to ${to}\nout: ${causes[cause]}`;
  const flow = agent.complete ? agent.flows[number][step] : null;
  const power = flow === null ? `${from} to ${to}` : `${Math.abs(flow)} MW from ${flow >= 0 ? from : to} to ${flow >= 0 ? to : from}`;
  return `${name}\n${loadText(agent.loads[number][step])} of its limit\n${power}`;
}

function describeSubstation(number, agent, step) {
  const topology = agent.topologyNow(step);
  const parts = [`substation ${GRID.substations[number]}`];
  const named = new Map();
  GRID.elements.forEach((elements, line) => elements.forEach((element) => named.set(element, GRID.lines[line])));
  const second = [];
  GRID.substationOf.forEach((place, element) => { if (place === number && topology[element] === 2) second.push(named.get(element) ?? "another element"); });
  if (second.length) parts.push(`on busbar 2: ${second.join(", ")}`);
  const units = [
    ...powersAt("generators", GRID.generatorsAt, number, agent, step),
    ...powersAt("storages", GRID.storagesAt, number, agent, step),
  ];
  return [...parts, ...units].join("\n");
}

function powersAt(kind, places, number, agent, step) {
  return GRID[kind].flatMap((name, unit) => places[unit] === number ? [`${name}: ${powerText(agent, kind, unit, step) || "as in the time series"}`] : []);
}
