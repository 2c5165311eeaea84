"""One module a page of docs/reference."""
