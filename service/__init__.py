"""HTTP over `models` and `taxonomy`: settings, wire types, batching, caching, routes, metrics, commands.

`service.app` builds the application and is imported by nobody but the commands.
"""
