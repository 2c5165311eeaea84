"""The HTTP surface: each module is one family of routes, as plain functions."""
