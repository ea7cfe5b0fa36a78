"""The safe order of a release, and what goes wrong in another one.

A `State` is what the cluster holds at a moment, a `Change` one object that becomes another. What is
asked of a cluster does not hold at once: `moment.py` makes every mixture that a proxy may see while
changes are on their way, and `way.py` follows each route of each caller through it, with the rules
of the trace. `plan.py` looks for an order in which no mixture loses a request, `step_file.py`,
`sync_wave.py` and `command.py` read the order that somebody else has chosen. `argo.py` and
`flagger.py` know how those controllers walk. `release.py` is the door, `answer.py` what is
published.
"""
