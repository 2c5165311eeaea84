"""From a request's body to a policy, with every mistake named by its place; YAML also by its line."""

import asyncio
from typing import Any

from litestar import MediaType
from litestar.datastructures.headers import Accept

from service.errors import BadRequest, InvalidPolicy, Mistake, TooLarge
from taxonomy.document import Document, DocumentError
from taxonomy.files import document_in, native
from taxonomy.meaning import policy_file_in
from taxonomy.resolve import PolicyFile

YAML = "application/yaml"
_YAML_TOO = [YAML, "application/x-yaml", "text/yaml", "text/x-yaml"]
MOST_BYTES = 131_072


def is_yaml(content_type: str) -> bool:
    """Tell whether a media type is that of YAML (RFC 9512), or one that it had before."""
    return content_type.partition(";")[0].strip().lower() in _YAML_TOO


def wants_yaml(accept: str) -> bool:
    """Tell whether an Accept header (RFC 9110, section 12.5.1) puts YAML before JSON; any answer is JSON."""
    try:
        return Accept(accept.lower()).best_match([MediaType.JSON, *_YAML_TOO], MediaType.JSON) != MediaType.JSON
    except OverflowError:  # q=inf
        return False


async def from_yaml(body: bytes, name: str) -> PolicyFile:
    """Return the policy that a body of YAML holds, whose name must be `name`. Raises InvalidPolicy, TooLarge."""
    check_size(body)
    # PyYAML takes a tenth of a second for the longest.
    return await asyncio.to_thread(lambda: _policy(document_in(body, "policy"), name, lines=True))


async def from_json(data: dict[str, Any], name: str) -> PolicyFile:
    """Return the policy that decoded JSON holds, whose name must be `name` if it has one. Raises InvalidPolicy."""
    document = Document("policy")
    document.data = {"kind": "policy", "name": name, **data}
    # What to suggest for five thousand unknown categories takes most of a second.
    return await asyncio.to_thread(lambda: _policy(document, name, lines=False))


def check_size(body: bytes) -> None:
    """Raise TooLarge for a body that is longer than any policy."""
    if len(body) > MOST_BYTES:
        raise TooLarge(f"a policy has at most {MOST_BYTES} bytes")


def _policy(document: Document, name: str, *, lines: bool) -> PolicyFile:
    """Return the policy of a document; `lines` says whether it has any that its writer knows."""
    try:
        if document.data is not None and not isinstance(document.data, dict):
            raise InvalidPolicy([Mistake("", "must be a mapping", 1)])
        file = policy_file_in(document, native())
    except RecursionError:
        raise BadRequest("nested too deeply", "policy") from None
    if file is None:
        error = DocumentError(document.problems)
        raise InvalidPolicy([Mistake(each.path, each.message, each.line if lines else 0) for each in error.problems])
    if file.name != name:
        raise InvalidPolicy([Mistake("name", "must be the name in the address", document.lines.get(("name",), 0))])
    return file
