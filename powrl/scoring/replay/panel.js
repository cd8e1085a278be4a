// The panel of an agent: its state and reason, its map, and one of three lists below.
const FIRST_CANDIDATES = 40;
const SHORT_REASON = 220;

/** A panel: {element, show(step, tab)}. */
function makePanel(agent, player) {
  const element = make("article", { class: "panel", "data-agent": agent.name });
  const status = make("span", { class: "status" }), why = make("div", { class: "why" });
  const swatch = make("span", { class: "swatch", style: `display:inline-block;vertical-align:middle;background:var(--agent-${agent.number % DATA.look.agents.length})` });
  const map = makeMap(), below = make("div", { class: "below", tabindex: "0" });
  element.append(make("h3", {}, swatch, ` ${agent.name} `, status), why, map.svg, below);
  const tip = (event) => player.tip(event, describe(event.target, agent, Math.min(player.step, agent.steps - 1)));
  for (const name of ["pointermove", "pointerdown"]) map.svg.addEventListener(name, tip);
  map.svg.addEventListener("pointerleave", () => player.tip());
  let allCandidates = false;
  below.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-step]");
    if (row) player.go(Number(row.dataset.step));
    if (event.target.closest("[data-all]")) { allCandidates = true; show(player.step, player.tab); }
  });
  below.addEventListener("keydown", (event) => { if (event.key === "Enter") event.target.click(); });
  const show = (step, tab) => {
    const now = Math.min(step, agent.steps - 1), over = step >= agent.steps;
    element.classList.toggle("over", over && agent.isOver);
    showStatus(status, agent, now, over);
    showReason(why, agent, now, over);
    map.show(agent, now);
    const lists = { events: eventList, candidates: candidateList, power: powerList };
    lists[tab](below, agent, now, allCandidates);
  };
  return { element, show };
}

function showStatus(status, agent, step, over) {
  const isLast = agent.isOver && step === agent.steps - 1;
  status.classList.toggle("lost", agent.isOver && (over || isLast));
  let worst = 0;
  agent.loads.forEach((values, line) => { if (values[step] > agent.loads[worst][step]) worst = line; });
  status.textContent = over && agent.isOver ? `BLACKOUT after step ${agent.steps - 1}`
    : `${isLast ? "blackout in this step; " : ""}${loadText(agent.highest[step])} on ${GRID.lines[worst]}`;
}

function showReason(box, agent, step, over) {
  const [rule, ...rest] = (agent.reasons[agent.reasonAt[step]] || "").split(": ");
  const text = rest.join(": ") || decisionText(agent, step), why = agent.whys[agent.whyAt[step]];
  const short = text.length > SHORT_REASON ? `${text.slice(0, SHORT_REASON)} …` : text;
  box.title = text;
  if (over) box.replaceChildren(make("span", { class: "quiet" }, agent.isOver ? "the grid was lost" : "the scenario is over"));
  else if (!rule && !text) box.replaceChildren(make("span", { class: "quiet" }, "does nothing; this agent gives no reasons"));
  else box.replaceChildren(make("b", {}, rule || "action"), ` ${short || "do nothing"}`, ...(why ? [make("div", { class: "quiet" }, why)] : []));
}

const EVENT_MARKS = { attack: "A", maintenance: "M", protection: "×", action: "●", blackout: "■" };

/** All events; built once, then only the row of the step is marked. */
function eventList(box, agent, step) {
  if (box.dataset.list !== "events") {
    box.dataset.list = "events";
    const rows = agent.events.map((event) => make("tr", { tabindex: "0", "data-step": event.step },
      make("td", { class: "number" }, String(event.step)),
      make("td", { title: event.kind, style: `color:var(--${event.kind === "action" ? "accent" : event.kind === "blackout" ? "load-4" : event.kind})` }, EVENT_MARKS[event.kind]),
      make("td", { class: event.kind === "blackout" ? "lost" : "" }, event.text)));
    box.replaceChildren(rows.length ? make("table", {}, make("tbody", {}, ...rows)) : make("p", { class: "quiet" }, "nothing happens in this episode"));
  }
  let current = null;
  for (const row of box.querySelectorAll("tr")) {
    row.classList.toggle("now", Number(row.dataset.step) === step);
    if (Number(row.dataset.step) <= step) current = row;
  }
  if (current) box.scrollTop = current.offsetTop - box.offsetTop - box.clientHeight / 3;
}

const STATES = ["", "illegal", "ends the episode"];

function candidateList(box, agent, step, all) {
  box.dataset.list = "candidates";
  const places = agent.candidatesAt.get(step) ?? [];
  if (!places.length) { box.replaceChildren(make("p", { class: "quiet" }, agent.labels.length ? "nothing was simulated in this step" : "the recording has no simulated actions of this agent")); return; }
  const chosen = places.find((place) => agent.candidateChosen[place]);
  const order = [...places].sort((one, other) => agent.candidateLoads[one] - agent.candidateLoads[other]);
  let shown = all ? order : order.slice(0, FIRST_CANDIDATES);
  if (chosen !== undefined && !shown.includes(chosen)) shown = [chosen, ...shown];
  const head = make("p", {}, `${places.length} simulated; by highest load after the action`);
  const rows = shown.map((place) => candidateRow(agent, place, place - places[0] + 1, place === chosen));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...["nr", "load", "action"].map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...rows));
  const more = shown.length < places.length ? [make("button", { type: "button", "data-all": "" }, `all ${places.length}`)] : [];
  box.replaceChildren(head, table, ...more);
}

function candidateRow(agent, place, number, isChosen) {
  const load = agent.candidateLoads[place] / 10, state = STATES[agent.candidateStates[place]];
  const gauge = make("span", { class: "gauge", style: `width:${Math.min(load, 200) / 4}px;background:var(--load-${loadClass(load)})` });
  const cell = state ? make("td", { class: "number quiet" }, state) : make("td", { class: "number" }, gauge, `${load.toFixed(1)} %`);
  const label = agent.labels[agent.candidateLabels[place]];
  return make("tr", isChosen ? { class: "chosen" } : {}, make("td", { class: "number" }, String(number)), cell, make("td", {}, `${isChosen ? "★ " : ""}${label}`));
}

const signed = (value) => `${value > 0 ? "+" : ""}${value.toFixed(1)} MW`;

/** How a generator or storage unit differs from the time series, in words. */
function powerText(agent, kind, unit, step) {
  if (!agent.complete) return "";
  const names = kind === "generators" ? { dispatched: "held", curtailed_powers: "curtailed by" } : { storage_powers: "takes" };
  return Object.entries(names).flatMap(([name, word]) => {
    const place = agent[`${name}Numbers`].indexOf(unit);
    const value = place < 0 ? 0 : agent[name][place][step] / 10;
    return value ? [`${word} ${signed(value)}`] : [];
  }).join(", ");
}

function powerList(box, agent, step) {
  box.dataset.list = "power";
  if (!agent.complete) { box.replaceChildren(make("p", { class: "quiet" }, "this recording of an older version has no powers; score anew")); return; }
  const rows = [], asked = new Map();
  for (const place of agent.movesAt.get(step) ?? []) {
    const [, kind, unit] = agent.moves[place], value = agent.movesMw[place];
    const words = MOVES[kind] === "curtailed" ? `limit ${value.toFixed(1)} MW` : signed(value);
    asked.set(`${MOVES[kind] === "stored" ? "storages" : "generators"} ${unit}`, words);
  }
  for (const kind of ["generators", "storages"]) GRID[kind].forEach((name, unit) => {
    const move = asked.get(`${kind} ${unit}`) ?? "", held = powerText(agent, kind, unit, step);
    if (move || held) rows.push(make("tr", move ? { class: "now" } : {}, make("td", {}, name), make("td", { class: "number" }, move), make("td", {}, held)));
  });
  const head = make("p", {}, rows.length ? "moved by this action, and held away from the time series before it" : "all generators and storage units follow the time series");
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...["unit", "moved now", "before"].map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...rows));
  box.replaceChildren(head, ...(rows.length ? [table] : []));
}
