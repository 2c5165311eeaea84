"""Decisions on record: noted by the event loop, written by a thread of their own, read again after any crash.

    route -> DecisionLog.note -> queue (bounded) -> one thread -> Recent           the last ones, as numbers
                                                               -> Lines -> Sink    files or a Redis stream
    files or stream -> reading.py -> Decision, Feedback, and what was lost

What cannot be written costs a counter, never a request.
"""
