// The player: one episode, one step and one list for all agents at once; keys, links and the theme.
const player = { number: 0, step: 0, tab: "events", agents: [], hidden: new Set(), panels: [], timeline: null, timer: 0, last: 0 };

player.open = async (number, step = null) => {
  const episode = DATA.episodes[number];
  if (episode.block === null) {
    byId("episode-name").textContent = `${episode.scenario}, seed ${episode.seed}: no room on this page. powrl replay ${DATA.run} ${episode.scenario}`;
    return;
  }
  player.stop();
  player.agents = await unpack(episode.block);
  player.number = number;
  player.last = Math.max(...player.agents.map((agent) => agent.steps)) - 1;
  const lost = player.agents[0];
  byId("episode-name").textContent = `${episode.scenario}, seed ${episode.seed}`;
  byId("last").textContent = player.last;
  byId("slider").max = byId("step").max = player.last;
  for (const row of document.querySelectorAll("[data-episode]")) row.classList.toggle("now", Number(row.dataset.episode) === number);
  fillAgents();
  layOut();
  player.go(step ?? (lost.isOver ? lost.steps - 1 : 0));
};

/** Panels and time line of the agents that are shown. */
function layOut() {
  const shown = player.agents.filter((agent) => !player.hidden.has(agent.name));
  player.panels = shown.map((agent) => makePanel(agent, player));
  player.timeline = makeTimeline(shown.length ? shown : player.agents, player.go);
  byId("panels").replaceChildren(...player.panels.map((panel) => panel.element));
  byId("timeline").replaceChildren(...player.timeline.parts);
}

function fillAgents() {
  byId("agents").replaceChildren(...player.agents.map((agent) => {
    const swatch = make("span", { class: "swatch", style: `background:var(--agent-${agent.number % DATA.look.agents.length})` });
    const chip = make("button", { type: "button", "aria-pressed": String(!player.hidden.has(agent.name)) }, swatch, agent.name);
    chip.addEventListener("click", () => {
      if (!player.hidden.delete(agent.name)) player.hidden.add(agent.name);
      chip.setAttribute("aria-pressed", String(!player.hidden.has(agent.name)));
      layOut();
      player.show();
    });
    return chip;
  }));
}

player.go = (step) => {
  player.step = Math.min(Math.max(Math.round(step) || 0, 0), player.last);
  player.show();
};

player.show = () => {
  byId("slider").value = byId("step").value = player.step;
  for (const panel of player.panels) panel.show(player.step, player.tab);
  player.timeline.show(player.step);
  player.tip();
  clearTimeout(player.linkTimer);
  player.linkTimer = setTimeout(writeLink, player.timer ? 400 : 50);
};

player.play = () => {
  if (player.timer) return player.stop();
  if (player.step >= player.last) player.step = 0;
  player.timer = setInterval(() => player.step >= player.last ? player.stop() : player.go(player.step + 1), 1000 / Number(byId("speed").value));
  byId("play").textContent = "❚❚";
  byId("play").setAttribute("aria-label", "stop");
};

player.stop = () => {
  clearInterval(player.timer);
  player.timer = 0;
  byId("play").textContent = "▶";
  byId("play").setAttribute("aria-label", "play");
};

/** To the next event of the agents that are shown, or the one before. */
player.jump = (way) => {
  const shown = player.agents.filter((agent) => !player.hidden.has(agent.name));
  const steps = shown.flatMap((agent) => agent.events.map((event) => event.step)).sort((one, other) => one - other);
  const next = way > 0 ? steps.find((step) => step > player.step) : steps.reverse().find((step) => step < player.step);
  if (next !== undefined) player.go(next);
};

player.choose = (tab) => {
  markTab(tab);
  player.show();
};

function markTab(tab) {
  player.tab = tab;
  for (const button of document.querySelectorAll("[data-tab]")) button.setAttribute("aria-selected", String(button.dataset.tab === tab));
}

/** Show a text beside the pointer; without one, hide it. */
player.tip = (event, text) => {
  const tip = byId("tip");
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 10 : event.clientY + 18}px`;
};

function writeLink() {
  const episode = DATA.episodes[player.number];
  const place = new URLSearchParams({ scenario: episode.scenario, seed: episode.seed, step: player.step, tab: player.tab });
  history.replaceState(null, "", `#${place}`);
}

function followLink() {
  const place = new URLSearchParams(location.hash.slice(1));
  const found = DATA.episodes.findIndex((episode) => episode.scenario === place.get("scenario") && String(episode.seed) === (place.get("seed") ?? "0"));
  if (document.querySelector(`[data-tab="${CSS.escape(place.get("tab") ?? "")}"]`)) markTab(place.get("tab"));
  return player.open(Math.max(found, 0), place.has("step") && found >= 0 ? Number(place.get("step")) : null);
}

async function copyLink() {
  writeLink();
  const button = byId("link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "copied";
  } catch {
    button.textContent = "see the address";
  }
  setTimeout(() => { button.textContent = "link"; }, 1500);
}

function changeTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

function fillLegend() {
  const sample = (...parts) => { const svg = draw("svg", { viewBox: "0 0 60 24" }); svg.append(...parts); return svg; };
  const item = (svg, text) => make("li", {}, svg, text);
  const loads = DATA.look.loads, signs = loads.map((entry, number) => {
    const stroke = draw("line", { x1: 4, x2: 56, y1: 12, y2: 12, stroke: `var(--load-${number})`, "stroke-width": entry.width * 1.2 });
    const text = number + 1 < loads.length ? `${entry.from} to ${loads[number + 1].from} %` : `from ${entry.from} %`;
    return item(sample(stroke), number ? text : `load ${text}`);
  });
  const outs = { attack: "attacked", maintenance: "in maintenance", protection: "opened by protections", other: "open" };
  for (const [cause, text] of Object.entries(outs)) {
    const stroke = draw("line", { x1: 2, x2: 58, y1: 12, y2: 12, stroke: `var(--${cause})`, "stroke-width": 3, "stroke-dasharray": "8 6" });
    signs.push(item(sample(stroke, draw("text", { x: 30, y: 18, "text-anchor": "middle", "font-size": 18, "font-weight": 700, style: `fill:var(--${cause});paint-order:stroke;stroke:var(--background);stroke-width:6px` }, DATA.look.out[cause].mark)), text));
  }
  signs.push(item(sample(draw("circle", { cx: 30, cy: 15, r: 6, fill: "var(--substation)" }), draw("rect", { x: 24, y: 0, width: 12, height: 11, fill: "var(--second)" })), "split over two busbars"));
  signs.push(item(sample(draw("circle", { cx: 30, cy: 12, r: 9, fill: "none", stroke: "var(--accent)", "stroke-width": 3 })), "the action touches it"));
  byId("legend").append(...signs);
}

const KEYS = {
  ArrowLeft: (event) => player.go(player.step - (event.shiftKey ? 12 : 1)),
  ArrowRight: (event) => player.go(player.step + (event.shiftKey ? 12 : 1)),
  Home: () => player.go(0), End: () => player.go(player.last), " ": () => player.play(),
  p: () => player.jump(-1), n: () => player.jump(1),
  1: () => player.choose("events"), 2: () => player.choose("candidates"), 3: () => player.choose("power"),
  "[": () => player.open(Math.max(player.number - 1, 0)), "]": () => player.open(Math.min(player.number + 1, DATA.episodes.length - 1)),
  i: () => { byId("index").open = !byId("index").open; }, d: changeTheme, "?": () => byId("help").showModal(),
};

function listen() {
  const click = (id, action) => byId(id).addEventListener("click", action);
  click("event-before", () => player.jump(-1));
  click("event-after", () => player.jump(1));
  click("step-before", () => player.go(player.step - 1));
  click("step-after", () => player.go(player.step + 1));
  click("play", player.play);
  click("link", copyLink);
  click("theme", changeTheme);
  click("help-open", () => byId("help").showModal());
  byId("slider").addEventListener("input", (event) => player.go(Number(event.target.value)));
  byId("step").addEventListener("change", (event) => player.go(Number(event.target.value)));
  byId("speed").addEventListener("change", () => { if (player.timer) { player.stop(); player.play(); } });
  for (const button of document.querySelectorAll("[data-tab]")) button.addEventListener("click", () => player.choose(button.dataset.tab));
  addEventListener("hashchange", followLink);
  document.addEventListener("keydown", (event) => {
    const isText = event.target.matches?.("input[type=search], input[type=number], select");
    const isPressed = event.key === " " && event.target.matches?.("button, summary, input");
    if (isText || isPressed || event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key](event);
  });
}

listen();
fillLegend();
makeIndex(player.open);
byId("index").open = DATA.episodes.length > 1;
followLink();
