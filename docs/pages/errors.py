"""docs/reference/errors.md: over HTTP, at start and on the command line."""

from docs.pages.text import code, first_line, json_block, table
from service import errors
from service.wire.errors import as_openai, as_problem


def page() -> str:
    """Return the page."""
    tree = [kind for kind in errors.ServiceError.__subclasses__() if kind.__module__ == errors.__name__]
    kinds = sorted(tree, key=lambda kind: kind.status)
    rows = [
        (str(kind.status), code(f"urn:tidegate:problem:{kind.slug}"), _openai(kind), first_line(kind)) for kind in kinds
    ]
    shown = errors.BadRequest("must not be empty", "items")
    parts = [
        "# Errors",
        "## Over HTTP",
        "The native routes answer errors as RFC 9457 problem details (`application/problem+json`), the OpenAI route as "
        "OpenAI's error object. A message names the field and the limit and never repeats the text.",
        table(("status", "`type`", "OpenAI's `type`, `code`", "when"), rows),
        "An error that nobody foresaw answers 500 with `urn:tidegate:problem:error`; its kind and place are in the "
        "log, its message is not. 429 comes with `Retry-After` in seconds. `scoring-failed` is an error inside: the "
        "policy's `on_error` answers for it, with `degraded: true`.",
        "The same error on a native route and on the OpenAI route:",
        json_block(as_problem(shown)),
        json_block(as_openai(shown)),
        "## At start and on the command line",
        "One line on standard error, after `tidegate: `, that says what to do about it, and exit status 1. A command "
        "that is called wrongly, and a line that `tidegate classify -` cannot read, exit with 2; `tidegate tune` with "
        "3 where nothing that was asked for can be promised.",
    ]  # fmt: skip
    return "\n\n".join(parts)


def _openai(kind: type[errors.ServiceError]) -> str:
    needed = {"retry_after": 1} if kind is errors.Overloaded else {}
    inside = as_openai(kind("", **needed)).error  # type: ignore[arg-type]  # Overloaded's is a number
    return f"{code(inside.type)}, {code(inside.code or '')}"
