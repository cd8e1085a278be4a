"""The replay of a run: what happened in its episodes, and why.

- ``functions``: the replay of a run as a function, as the command does it
- ``episodes``: the episodes that a replay shows: a scenario with a seed, as all agents played it
- ``page``: the page of a replay: one HTML file that needs no other
- ``packing``: recordings packed for a page: few bytes, which a browser unpacks
- ``animation``: an episode as a GIF, from the map of the page
- ``continuation``: playing on from a recorded step with another agent or action
- ``stages``: what an episode is played on again: grid2op, or the episode stepper in its place

The page's own code lies beside them: ``replay.html.jinja``, ``replay.css``, and ``data.js``,
``map.js``, ``timeline.js``, ``panel.js``, ``index.js`` and ``player.js``, in this order.
"""
