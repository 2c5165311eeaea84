"""Categories, crosswalks, policies and verdicts: pure data and pure functions.

    categories, policy, crosswalk   what the files hold
    wording, document, structure    YAML with line numbers, checked against those types
    meaning, files                  the checks no type can make; paths in, values out
    families, written, difference   policies that extend others; back to YAML; what differs between two
    override, verdict               thresholds of a request's own; scores and a policy in, a decision out

This is the lowest storey. It reads YAML files and does nothing else with the outside world; it knows no
arrays, no model and no HTTP. Scores enter as plain numbers ordered by `Taxonomy.trained`.
"""
