"""What operators changed while the service ran: one append-only list of entries, the one source of truth.

    entries   what a change is, and its JSON                              service/journal/entries.py
    standing  what is in force                                            service/journal/standing.py
    fold      what all entries come to, in every process the same         service/journal/fold.py
    shared    rules that versions have in common, kept once               service/journal/shared.py
    stores    none, an SQLite file, a Redis list, behind one interface    service/journal/store.py
    follower  keeps the standing current, and commits changes             service/journal/follow.py

A change is committed when the store has taken it at the next free place of the list; whoever comes second reads what
was first and decides anew. Nothing is ever changed or taken out.
"""
