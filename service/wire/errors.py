"""Errors as answers: RFC 9457 problem details on native routes, OpenAI's error object on its own."""

import msgspec

from service.errors import BadRequest, InvalidPolicy, Mistake, ServiceError

PROBLEM_JSON = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details, the body of every error on native routes; `problems` are a policy's mistakes."""

    type: str
    title: str
    status: int
    detail: str
    problems: tuple[Mistake, ...] = ()


class OpenAIErrorBody(msgspec.Struct, frozen=True):
    """The inside of OpenAI's error object."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(msgspec.Struct, frozen=True):
    """OpenAI's error object, the body of every error on OpenAI's routes."""

    error: OpenAIErrorBody


def as_problem(error: ServiceError) -> Problem:
    """Return the problem details of an error."""
    problems = error.problems if isinstance(error, InvalidPolicy) else ()
    return Problem(f"urn:tidegate:problem:{error.slug}", error.title, error.status, error.detail, problems)


def as_openai(error: ServiceError) -> OpenAIError:
    """Return OpenAI's error object. Their clients tell kinds apart by status; `code` is ours."""
    kind = {429: "rate_limit_error"}.get(
        error.status, "server_error" if error.status >= 500 else "invalid_request_error"
    )
    field = error.field if isinstance(error, BadRequest) else None
    return OpenAIError(OpenAIErrorBody(error.detail, kind, field, error.slug.replace("-", "_")))
