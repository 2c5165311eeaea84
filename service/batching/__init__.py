"""The queue in front of the session: who is let in, what is scored next, and the threads that score."""
