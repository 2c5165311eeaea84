"""A policy as YAML and back without loss, written as the shipped ones are: a line for each category.

The back way is the reader of all policy files, with its checks. What a person wrote beside the policy (comments, the
order of lines) is no part of it and is gone.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from taxonomy.categories import Role, Taxonomy
from taxonomy.document import DocumentError, parse
from taxonomy.files import native
from taxonomy.meaning import policy_file_in
from taxonomy.policy import RuleChange, decided_slugs
from taxonomy.resolve import PolicyFile

_HEAD = ("name", "description", "extends", "on_error", "on_unsupported", "override")


def as_yaml(file: PolicyFile, taxonomy: Taxonomy | None = None) -> str:
    """Return a policy as the text of a file; its slugs and roles must have been checked."""
    return "".join(f"{line}\n" for line in _lines(file, taxonomy or native()))


def from_yaml(text: str, name: str, taxonomy: Taxonomy | None = None) -> PolicyFile:
    """Return the policy that a text holds; `name` is what problems call it.

    Raises DocumentError. Whether the policy it extends exists is not looked at.
    """
    document = parse(text, name)
    file = policy_file_in(document, taxonomy or native())
    if file is None:
        raise DocumentError(document.problems)
    return file


def _lines(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[str]:
    yield "kind: policy"
    for name in _HEAD:
        if (value := getattr(file, name)) is not None:
            yield f"{name}: {_dumped(str(value))}"
    if file.defaults is not None:
        yield f"defaults: {_rule(file.defaults)}"
    slugs = decided_slugs(taxonomy)
    width = max(map(len, slugs)) + 2
    if file.categories:
        yield ""
        yield "categories:"
        yield from _rules(file.categories, slugs, width)
    if file.roles:
        yield ""
        yield "roles:"
        for role in Role:
            if role in file.roles:
                yield f"  {role}:" if file.roles[role] else f"  {role}: {{}}"
                yield from _rules(file.roles[role], slugs, width, indent="    ")
    if file.evidence is not None:
        yield ""
        yield _dumped({"evidence": msgspec.to_builtins(file.evidence)})


def _rules(rules: Mapping[str, RuleChange], slugs: tuple[str, ...], width: int, indent: str = "  ") -> Iterator[str]:
    for slug in slugs:
        if slug in rules:
            yield f"{indent}{slug + ':':<{width}}{_rule(rules[slug])}"


def _rule(rule: RuleChange) -> str:
    written = []
    for name, value in msgspec.to_builtins(rule).items():
        match value:
            case bool():
                written.append(f"{name}: {str(value).lower()}")
            case dict():
                sides = [f"{side}: {_number(distance)}" for side, distance in value.items() if distance]
                written.append(f"{name}: {{{', '.join(sides)}}}")
            case str():
                written.append(f"{name}: {value}")
            case _:
                written.append(f"{name}: {_number(value)}")
    return "{" + ", ".join(written) + "}"


def _number(value: float) -> str:
    short = f"{value:.2f}"
    # In decimals: YAML reads 1e-05 as text.
    return short if float(short) == value else f"{Decimal(repr(float(value))):f}"


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper; a text that no line can show as it is stands in quotes and on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list too, which PyYAML does not of itself."""
        super().increase_indent(flow, indentless and flow)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)


def _dumped(value: Any) -> str:
    """Return a text or a mapping as YAML; of mappings the innermost take one line each."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=None, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("\n").removesuffix("\n...")
