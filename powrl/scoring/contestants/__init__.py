"""The agents that take part in a contest.

- ``base``: what all of them share.
- ``own``: agents of powrl and grid2op's baselines.
- ``third_party``: agents of any origin, as zips or as functions.
- ``variants``: changed settings of an agent of powrl.
- ``untrained``: agents without their policies, to show what training adds.
- ``noisy``: agents that observe a grid with errors, to show how robust they are.
- ``parsing``: contestants from the texts of a user.
"""
