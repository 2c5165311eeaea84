"""Optimistic concurrency: who changes something says by its ETag what it was when they looked.

RFC 9110, sections 13.1.1 and 13.1.2. What lies in the journal has as its tag the revision of the last entry about it;
what is shipped or stands in a file has some digits of its digest.
"""

import re
from collections.abc import Mapping

import msgspec

from service.errors import BadRequest, PreconditionFailed, PreconditionRequired

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
_LONGEST = 1000


class Condition(msgspec.Struct, frozen=True):
    """What If-Match and If-None-Match ask for: `tags` are None for `*`; `creating` is If-None-Match: *."""

    tags: frozenset[str] | None
    creating: bool

    def check(self, tag: str | None) -> None:
        """Raise PreconditionFailed unless what is there is as expected; `tag` is None where nothing is."""
        if self.creating:
            if tag is not None:
                raise PreconditionFailed("it is there already: change it with If-Match", etag(tag))
        elif tag is None:
            raise PreconditionFailed("it is not there: make it with If-None-Match: *")
        elif self.tags is not None and tag not in self.tags:
            raise PreconditionFailed("it was changed meanwhile: read it again", etag(tag))


def condition_of(headers: Mapping[str, str]) -> Condition:
    """Return what a request to change something expects. Raises PreconditionRequired, BadRequest."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is not None and none_match is not None:
        raise BadRequest("goes without If-None-Match", "If-Match")
    if none_match is not None:
        if none_match.strip() != "*":
            raise BadRequest("a change takes * here, which makes something new", "If-None-Match")
        return Condition(None, creating=True)
    if match is None:
        raise PreconditionRequired(
            "send If-Match with the ETag of what you have read, or If-None-Match: * to make something new"
        )
    return Condition(None if match.strip() == "*" else _tags(match), creating=False)


def etag(tag: str | None) -> dict[str, str]:
    """Return the header that shows a tag."""
    return {} if tag is None else {"ETag": f'"{tag}"'}


def _tags(header: str) -> frozenset[str]:
    tags = set()
    for each in header.split(",") if len(header) <= _LONGEST else [""]:
        found = _TAG.fullmatch(each.strip())
        if not found:
            raise BadRequest('must be "..." as in the ETag header, or *', "If-Match")
        if not found[1]:  # a weak tag matches nothing here: RFC 9110, section 8.8.3.2
            tags.add(found[2])
    return frozenset(tags)
