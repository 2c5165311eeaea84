"""The operator's console at /console: files that `console/` was built into, kept in memory, under a strict policy.

built.py    the files, read once
headers.py  what the browser must and must not do with them
routes.py   the router
"""
