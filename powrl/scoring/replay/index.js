// The index of all episodes: sorted, filtered, and opened by a click.

/** Fill the index; `open` is called with the number of an episode. */
function makeIndex(open) {
  const names = [...new Set(DATA.episodes.flatMap((episode) => episode.agents.map((agent) => agent.name)))];
  const order = { key: null, falling: false };
  const heads = ["scenario", "seed", ...names].map((text, column) => {
    const button = make("button", { type: "button" }, text);
    const head = make("th", { scope: "col" }, button);
    button.addEventListener("click", () => {
      order.falling = order.key === column && !order.falling;
      order.key = column;
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order.falling ? "descending" : "ascending");
      fill();
    });
    return head;
  });
  byId("episodes").tHead.append(make("tr", {}, ...heads));
  const share = (episode, name) => {
    const agent = episode.agents.find((candidate) => candidate.name === name);
    return agent ? agent.steps / agent.max : 2;
  };
  const valueOf = (episode, column) => column === 0 ? episode.scenario : column === 1 ? episode.seed : share(episode, names[column - 2]);
  const fill = () => {
    const word = byId("filter").value.toLowerCase();
    let rows = DATA.episodes.map((episode, number) => [episode, number]);
    rows = rows.filter(([episode]) => `${episode.scenario} ${episode.seed}`.toLowerCase().includes(word));
    if (byId("blackouts").checked) rows = rows.filter(([episode]) => episode.agents.some((agent) => agent.steps < agent.max));
    if (order.key !== null) {
      const compare = (one, other) => one < other ? -1 : one > other ? 1 : 0;
      rows.sort(([one], [other]) => (order.falling ? -1 : 1) * compare(valueOf(one, order.key), valueOf(other, order.key)));
    }
    byId("index-count").textContent = rows.length === DATA.episodes.length ? `${rows.length}` : `${rows.length} of ${DATA.episodes.length}`;
    byId("episodes").tBodies[0].replaceChildren(...rows.map(([episode, number]) => indexRow(episode, number, names, open)));
  };
  byId("filter").addEventListener("input", fill);
  byId("blackouts").addEventListener("change", fill);
  fill();
}

function indexRow(episode, number, names, open) {
  const row = make("tr", { tabindex: "0", "data-episode": number }, make("td", {}, episode.scenario), make("td", { class: "number" }, String(episode.seed)));
  for (const name of names) {
    const agent = episode.agents.find((candidate) => candidate.name === name);
    const lost = agent && agent.steps < agent.max;
    const text = !agent ? "–" : lost ? `✕ ${agent.steps} of ${agent.max}` : "survived";
    row.append(make("td", { class: lost ? "lost" : "" }, agent && agent.score !== null ? `${text}, score ${(Math.round(10 * agent.score) / 10 || 0).toFixed(1)}` : text));
  }
  row.addEventListener("click", () => open(number));
  row.addEventListener("keydown", (event) => { if (event.key === "Enter") open(number); });
  return row;
}
