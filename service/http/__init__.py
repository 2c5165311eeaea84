"""The edge: sockets and the server on them, what headers say, errors as answers, and the description of the API."""
