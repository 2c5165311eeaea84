"""Categories, crosswalks, policies and verdicts: pure data and pure functions.

This is the lowest storey. It reads YAML files and does nothing else with the outside world; it knows no
arrays, no model and no HTTP. Scores enter as plain numbers ordered by `Taxonomy.trained`.
"""
