"""How much a request may hold; what is beyond is refused by its field, and nothing is cut."""

from service.errors import BadRequest, TooLarge


def check_count(field: str, given: int, limit: int) -> None:
    """Refuse a list that is empty or has more than `limit` members. Raises BadRequest, TooLarge."""
    if given == 0:
        raise BadRequest("must not be empty", field)
    if given > limit:
        raise TooLarge(f"{field}: {given} of them, the limit is {limit}")


def check_length(field: str, text: str | None, limit: int) -> None:
    """Refuse a text of more than `limit` characters. Raises TooLarge."""
    if text is not None and len(text) > limit:
        raise TooLarge(f"{field}: {len(text)} characters, the limit is {limit}")
