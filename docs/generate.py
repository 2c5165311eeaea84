"""Write docs/reference from the code: `make docs`. tests/docs fails when a page differs from what this writes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_type_hints

import click
import msgspec
from msgspec import inspect
from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from models.errors import BundleError, DeviceError
from service import errors
from service.cli import main as tidegate
from service.metrics import Metrics
from service.profile import Profile, shipped_profiles
from service.settings import OCTAL, PREFIX, SECRET, Settings, SettingsError, as_text, describe, variable
from taxonomy.categories import NEEDS_CAUTION, Role
from taxonomy.crosswalk import Crosswalk
from taxonomy.files import native, shipped_crosswalks, shipped_policies
from taxonomy.policy import Policy, Rule

FOLDER = Path(__file__).parent / "reference"
_NOTICE = "<!-- Written by docs/generate.py from the code. Change the code, then run `make docs`. -->"
_COLUMNS = 100  # of help texts
_BOUNDLESS = 2**31 - 1  # a bound that only keeps numbers out of what C can hold


def pages() -> dict[str, str]:
    """Return file name -> text of every reference page."""
    found = {
        "settings.md": _settings(),
        "metrics.md": _metrics(),
        "categories.md": _categories(),
        "policies.md": _policies(),
        "errors.md": _errors(),
        "cli.md": _cli(),
    }
    return {name: f"{_NOTICE}\n\n{text.strip()}\n" for name, text in found.items()}


def _settings() -> str:
    parts = [
        "# Settings",
        "Environment variables. All are read and checked before anything is loaded: a value that cannot be used, "
        "two that contradict each other, or a `TIDEGATE_` variable that is not listed here stops the start with one "
        "line that names it. An empty value counts as unset. `tidegate serve` logs the settings in force and where "
        "each comes from; the value of a secret is shown as `***`.",
        _table(("variable", "takes", "default", "what it does"), _setting_rows()),
        "# Profiles",
        "A profile is a file of settings that stand between the environment and the defaults: a variable wins over it, "
        "and it over a default. `tidegate serve --profile NAME_OR_FILE`, or `TIDEGATE_PROFILE`, names it. Under "
        "`settings` stand names as above, in lower case and without `TIDEGATE_`; no secret stands there, and no other "
        "profile. `tidegate bundle tune` writes one for the machine it runs on.",
        "```yaml\ndescription: Two threads, and no page.\nsettings:\n  threads: 2\n  docs_page: false\n```",
        *(_profile(name, profile) for name, profile in shipped_profiles().items()),
    ]
    return "\n\n".join(parts)


def _profile(name: str, profile: Profile) -> str:
    defaults = Settings()
    rows = [
        (_code(variable(key)), _code(as_text(value)), _code(as_text(getattr(defaults, key))))
        for key, value in profile.settings.items()
    ]
    return f"## `{name}`\n\n{profile.description}\n\n{_table(('variable', 'in this profile', 'default'), rows)}"


def _setting_rows() -> Iterable[Sequence[str]]:
    types = get_type_hints(Settings, include_extras=True)
    for each in describe(Settings()):
        hint = types[each.variable.removeprefix(PREFIX).lower()]
        secret = any(isinstance(m, msgspec.Meta) and m.extra == SECRET for m in hint.__metadata__)
        yield (
            _code(each.variable),
            _takes(hint),
            _code(each.default),
            each.description + (" A secret." if secret else ""),
        )


def _takes(hint: object) -> str:
    """Return the values a setting takes, in words."""
    info = inspect.type_info(hint)
    while isinstance(info, inspect.Metadata):
        info = info.type
    match info:
        case inspect.UnionType(types=members):
            return next(_takes_one(each) for each in members if not isinstance(each, inspect.NoneType))
        case _:
            return _takes_one(info)


def _takes_one(info: inspect.Type) -> str:
    match info:
        case inspect.EnumType(cls=cls):
            return ", ".join(_code(str(member.value)) for member in cls)
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            kind = "a whole number" if isinstance(info, inspect.IntType) else "a number"
            if least is None:
                return kind
            bounded = most is not None and most < _BOUNDLESS
            return f"{kind}, {least} to {most}" if bounded else f"{kind}, {least} or more"
        case inspect.BoolType():
            return "`true`, `false`"
        case inspect.StrType(pattern=pattern) if pattern == OCTAL:
            return "three octal digits"
        case inspect.StrType():
            return "text"
        case _:
            raise TypeError(f"no words for {info!r}")  # a new type of setting needs words of its own


def _metrics() -> str:
    found = [each for each in vars(Metrics()).values() if isinstance(each, MetricWrapperBase)]
    rows = [(_code(_exposed(each)), each._type or "", _words(each._labelnames), each._documentation) for each in found]
    buckets = [
        (_code(each._name), ", ".join(f"{bound:g}" for bound in each._upper_bounds[:-1]))
        for each in found
        if isinstance(each, Histogram)
    ]
    parts = [
        "# Metrics",
        "`GET /metrics` answers in Prometheus' text format. A label holds a slug, a route template, a name of a policy "
        "or a fixed word; never text, an id or a cache key.",
        _table(("metric", "type", "labels", "what it counts"), rows),
        "## Buckets",
        "Upper bounds.",
        _table(("histogram", "buckets"), buckets),
    ]
    return "\n\n".join(parts)


def _exposed(metric: MetricWrapperBase) -> str:
    return str(metric._name) + ("_total" if isinstance(metric, Counter) else "")


def _categories() -> str:
    taxonomy = native()
    parts = [
        "# Categories",
        f"Version {taxonomy.version} of the taxonomy. Everything is keyed on slugs. `core` and `fine_grained` are "
        "hazards, `attack` categories aim at an assistant, and `fallback` labels are derived, never trained. "
        "`GET /v1/taxonomy` answers with the same.",
        _table(
            ("slug", "name", "group", "what it is", "what it is not"),
            [(_code(c.slug), c.name, c.group, c.definition, c.excludes) for c in taxonomy.categories],
        ),
        "# Crosswalks",
        "How our categories stand for other vendors' labels. An exact category gives its score to the label; a partial "
        "one is only a hint and is left out unless asked for. A label that no exact category stands for scores 0, "
        "which is no judgement: it is named under each table.",
        *(_crosswalk(each) for each in shipped_crosswalks().values()),
    ]
    return "\n\n".join(parts)


def _crosswalk(table: Crosswalk) -> str:
    def joined(label: str, quality: str) -> str:
        return _words(slug for slug, cells in table.cells.items() if cells.get(label) == quality)

    rows = []
    for label, name in table.labels.items():
        rule = ""
        if both := table.conjunctions.get(label):
            rule = f"the smaller of {_code(both.parent)} and the greatest of {_words(both.companions)}"
        elif parent := table.parents.get(label):
            rule = f"at most {_code(parent)}"
        rows.append((_code(label), name, joined(label, "exact"), joined(label, "partial"), rule))
    nowhere = _words(slug for slug, cells in table.cells.items() if not cells and slug not in _companions(table))
    parts = [
        f"## {table.title} (`{table.name}`)",
        f"Source: {table.source}.",
        _table(("label", "name", "exact", "partial", "rule"), rows),
        f"Labels without an exact category: {_words(table.unsupported) or 'none'}.",
        f"Categories without a label: {nowhere or 'none'}.",
    ]
    return "\n\n".join(parts)


def _companions(table: Crosswalk) -> set[str]:
    return {slug for both in table.conjunctions.values() for slug in both.companions}


def _policies() -> str:
    parts = [
        "# Policies",
        "The policies in the package. A score at or above the threshold gets the action; one from the number under "
        "*review from* up to the threshold gets `review`, where the action is `review` or `block` (`allow` and `flag` "
        f"have no band). `{NEEDS_CAUTION}` has no rule: it says that some category is in its band. How to write a "
        "policy of your own: [thresholds](../guides/thresholds.md).",
        *(_policy(each) for each in shipped_policies().values()),
    ]
    return "\n\n".join(parts)


def _policy(policy: Policy) -> str:
    rows = [
        (
            _code(slug),
            f"{rule.threshold:.2f}",
            _band(policy, slug),
            *(_in_role(policy.rules[role][slug], rule) for role in Role),
        )
        for slug, rule in policy.rules[Role.TEXT].items()
    ]
    verdict = {"open": "allowed", "closed": "blocked"}[policy.on_error]
    unsupported = {"decide": "decided as any other", "review": "reviewed at least", "block": "blocked"}
    parts = [
        f"## {policy.name}",
        f"{policy.description} A text that cannot be scored is {verdict} (`on_error: {policy.on_error}`). A text in a "
        f"language that the model has not learned is {unsupported[policy.on_unsupported]} "
        f"(`on_unsupported: {policy.on_unsupported}`).",
        _table(("category", "threshold", "review from", *Role), rows),
    ]
    return "\n\n".join(parts)


def _band(policy: Policy, slug: str) -> str:
    """Return where the band begins in the roles that have one, and where it ends if that is not the threshold."""
    for role in Role:
        rule = policy.rules[role][slug]
        begin, end = rule.reviewed
        if begin < end:
            return f"{begin:.2f}" if end == rule.threshold else f"{begin:.2f} to {end:.2f}"
    return ""


def _in_role(rule: Rule, usual: Rule) -> str:
    """Return the action, and whatever else differs from the rule that the row shows."""
    out = f"**{rule.action}**" if rule.action == "block" else str(rule.action)
    if rule.threshold != usual.threshold:
        out += f" at {rule.threshold:.2f}"
    if rule.review_band != usual.review_band:
        out += f", review {rule.reviewed[0]:.2f} to {rule.reviewed[1]:.2f}"
    return out + (" (shadow)" if rule.shadow else "")


def _errors() -> str:
    tree = [kind for kind in errors.ServiceError.__subclasses__() if kind.__module__ == errors.__name__]
    kinds = sorted(tree, key=lambda kind: kind.status)
    rows = [
        (str(kind.status), _code(f"urn:tidegate:problem:{kind.slug}"), _openai(kind), _first_line(kind))
        for kind in kinds
    ]
    shown = errors.BadRequest("must not be empty", "items")
    parts = [
        "# Errors",
        "## Over HTTP",
        "The native routes answer errors as RFC 9457 problem details (`application/problem+json`), the OpenAI route as "
        "OpenAI's error object. A message names the field and the limit and never repeats the text.",
        _table(("status", "`type`", "OpenAI's `type`, `code`", "when"), rows),
        "An error that nobody foresaw answers 500 with `urn:tidegate:problem:error`; its kind and place are in the "
        "log, its message is not. 429 comes with `Retry-After` in seconds. `scoring-failed` is an error inside: the "
        "policy's `on_error` answers for it, with `degraded: true`.",
        "The same error on a native route and on the OpenAI route:",
        _json(errors.as_problem(shown)),
        _json(errors.as_openai(shown)),
        "## At start and on the command line",
        "One line on standard error, after `tidegate: `, and exit status 1. A command that is called wrongly, and a "
        "line that `tidegate classify -` cannot read, exit with 2.",
        _table(
            ("error", "when"),
            [(_code(kind.__name__), _first_line(kind)) for kind in (SettingsError, BundleError, DeviceError)],
        ),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _openai(kind: type[errors.ServiceError]) -> str:
    needed = {"retry_after": 1} if kind is errors.Overloaded else {}
    inside = errors.as_openai(kind("", **needed)).error  # type: ignore[arg-type]  # Overloaded's is a number
    return f"{_code(inside.type)}, {_code(inside.code or '')}"


def _cli() -> str:
    return "\n\n".join(["# The command line", *_help(tidegate, ())])


def _help(command: click.Command, path: tuple[str, ...]) -> Iterable[str]:
    name = " ".join(("tidegate", *path))
    context = click.Context(command, info_name=name, terminal_width=_COLUMNS, **tidegate.context_settings)
    yield f"## `{name}`\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for child, each in command.commands.items():
            yield from _help(each, (*path, child))


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _json(value: object) -> str:
    return f"```json\n{msgspec.json.format(msgspec.json.encode(value)).decode()}\n```"


def _words(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]


if __name__ == "__main__":
    for file, text in pages().items():
        (FOLDER / file).write_text(text, "utf-8")
