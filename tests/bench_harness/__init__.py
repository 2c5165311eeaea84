"""The benchmark's own arithmetic, on a server that answers when a test says so. Nothing here is timed."""
