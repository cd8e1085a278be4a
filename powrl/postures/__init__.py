"""Learning what attacks come to, and which splits of a calm grid to hold against them.

- ``attack``: an opponent that attacks copies of an episode alone, on the line that was ordered
- ``attacked_copy``: copies of an episode that are attacked and played on, which leaves the episode
  as it was
- ``calm_state``: what the losses of lines come to in a calm state, in each of some postures
- ``functions``: learning postures as a function, as the command does it
- ``learning``: what attacks come to, fitted to those that were played, and the postures that lower
  the risk
- ``opponent``: what has to be known of an environment's opponent to learn postures against it
- ``play``: one scenario: what attacks on copies of it come to, and what postures would do in calm
  states
- ``played_file``: what one scenario has shown as a file, which tells what it was made from
- ``settings``: what postures are learned from: all that has to be the same for the same agent
"""
