// The data of the page: what all episodes share, and each episode unpacked when it is asked for.
const DATA = JSON.parse(document.getElementById("data").textContent);
const GRID = DATA.grid;
const KINDS = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, uint32: Uint32Array, float32: Float32Array };

const byId = (id) => document.getElementById(id);

/** An HTML element with attributes and children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An SVG element with attributes. */
function draw(name, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

/** The agents of an episode, from its compressed block (powrl/scoring/replay/packing.py). */
async function unpack(block) {
  const letters = atob(byId(`block-${block}`).textContent.trim());
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const whole = await new Response(stream).arrayBuffer();
  const size = new DataView(whole).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, size)));
  const content = whole.slice(4 + size);
  return header.agents.map((agent, number) => unpackAgent(agent, content, number));
}

function unpackAgent(packed, content, number) {
  const array = ([kind, first, ...shape]) => {
    const count = shape.reduce((product, length) => product * length, 1);
    const Type = KINDS[kind];
    return new Type(content.slice(first, first + count * Type.BYTES_PER_ELEMENT));
  };
  const rows = (place) => {
    const values = array(place);
    const width = place[3];
    return Array.from({ length: place[2] }, (_, row) => values.subarray(row * width, (row + 1) * width));
  };
  const columns = (place) => {
    const all = rows(place);
    for (const values of all) for (let step = 1; step < values.length; step++) values[step] += values[step - 1];
    return all;
  };
  const agent = { ...packed, number };
  agent.loads = columns(packed.loads);
  for (const name of ["attacked", "maintained", "tripped", "switched", "used", "topology", "causes"]) agent[name] = rows(packed[name]);
  for (const name of ["reasonAt", "whyAt", "candidateSteps", "candidateLabels", "candidateLoads", "candidateStates", "candidateChosen"]) agent[name] = array(packed[name]);
  if (packed.complete) {
    for (const name of ["flows", "dispatched", "curtailed_powers", "storage_powers"]) agent[name] = columns(packed[name]);
    agent.moves = rows(packed.moves);
    agent.movesMw = array(packed.movesMw);
  }
  agent.isOver = agent.steps < agent.maxSteps;
  agent.highest = highestLoads(agent);
  agent.candidatesAt = grouped(agent.candidateSteps);
  agent.movesAt = grouped(agent.complete ? agent.moves.map((row) => row[0]) : []);
  agent.usedAt = grouped(agent.used.map((row) => row[0]));
  agent.topologyNow = follower(agent.topology, GRID.substationOf.length, 1);
  agent.causesNow = follower(agent.causes, GRID.lines.length, 0);
  agent.events = eventsOf(agent);
  return agent;
}

/** Step -> places of the rows of that step. */
function grouped(steps) {
  const groups = new Map();
  steps.forEach((step, place) => groups.has(step) ? groups.get(step).push(place) : groups.set(step, [place]));
  return groups;
}

function highestLoads(agent) {
  const highest = new Uint8Array(agent.steps);
  for (const values of agent.loads) values.forEach((load, step) => { if (load > highest[step]) highest[step] = load; });
  return highest;
}

/** A function step -> values, from their changes (step, number, value). */
function follower(changes, size, first) {
  let values = new Int8Array(size).fill(first), at = -1, next = 0;
  return (step) => {
    if (step < at) { values = new Int8Array(size).fill(first); next = 0; }
    at = step;
    for (; next < changes.length && changes[next][0] <= step; next++) values[changes[next][1]] = changes[next][2];
    return values;
  };
}

const CAUSES = ["", "other", "protection", "maintenance", "attack"];
const MOVES = ["redispatched", "stored", "curtailed"];

/** What happens in an episode, by step: {step, kind, text}. */
function eventsOf(agent) {
  const events = [];
  const name = (line) => GRID.lines[line];
  for (const [line, start, end] of agent.attacked) events.push({ step: start, kind: "attack", text: `attack on ${name(line)} until step ${end}` });
  for (const [line, start, end] of agent.maintained) events.push({ step: start, kind: "maintenance", text: `maintenance of ${name(line)} until step ${end}` });
  for (const [step, line] of agent.tripped) events.push({ step, kind: "protection", text: `protections open ${name(line)}` });
  for (let step = 0; step < agent.steps; step++) if (acts(agent, step)) events.push({ step, kind: "action", text: decisionText(agent, step) });
  if (agent.isOver) events.push({ step: agent.steps - 1, kind: "blackout", text: `BLACKOUT: the grid is lost after this step` });
  return events.sort((one, other) => one.step - other.step);
}

/** Whether the agent changes lines or busbars, or says that it chose something else than nothing. */
function acts(agent, step) {
  agent.switchedAt ??= grouped(agent.switched.map((row) => row[0]));
  if (agent.switchedAt.has(step) || agent.usedAt.has(step)) return true;
  const reason = agent.reasons[agent.reasonAt[step]];
  return reason !== "" && !reason.endsWith("do nothing");
}

function decisionText(agent, step) {
  const reason = agent.reasons[agent.reasonAt[step]];
  if (reason) return reason;
  const parts = (agent.switchedAt.get(step) ?? []).map((place) => {
    const [, line, way] = agent.switched[place];
    return `${way > 0 ? "closes" : "opens"} ${GRID.lines[line]}`;
  });
  for (const place of agent.usedAt.get(step) ?? []) parts.push(`busbars of ${GRID.substations[agent.used[place][1]]}`);
  return parts.join(", ");
}

/** Number of the class of a load (%). */
function loadClass(load) {
  let number = 0;
  while (number + 1 < DATA.look.loads.length && load >= DATA.look.loads[number + 1].from) number++;
  return number;
}
