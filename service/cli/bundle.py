"""`tidegate bundle inspect` and `tidegate bundle verify`; `tune` and `convert` are in files of their own."""

import click
import msgspec
from rich.console import Console
from rich.table import Table

from models.backend import Device
from models.bundle import SHIPPED, Bundle, folder_of
from models.scorer import Scorer
from models.threads import available_threads
from service.cli.convert import convert
from service.cli.machine import tune


@click.group()
def bundle() -> None:
    """Look into a model bundle, check that it is whole, find what suits it here, or make one for a GPU of it."""


@bundle.command()
@click.argument("bundle", default=SHIPPED.name)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and the digest as JSON.")
def inspect(bundle: str, as_json: bool) -> None:
    """Show what BUNDLE is, a shipped bundle's name or a folder (default: default)."""
    opened = Bundle.open(folder_of(bundle))
    if as_json:
        click.echo(msgspec.json.encode({"digest": opened.digest, "manifest": opened.manifest}))
        return
    manifest = opened.manifest
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a digest that is cut off names nothing
    for name in ("name", "created", "base", "precision", "normaliser"):
        table.add_row(name, str(getattr(manifest, name)))
    table.add_row("digest", opened.digest)
    table.add_row("window", f"{manifest.encoding.max_tokens} tokens, {manifest.encoding.overlap} shared with the next")
    table.add_row("outputs", f"{len(manifest.outputs)}: {', '.join(manifest.outputs)}")
    if manifest.unscored:
        table.add_row("unscored", f"{len(manifest.unscored)}, always 0: {', '.join(manifest.unscored)}")
    for name, part in manifest.files.items():
        table.add_row(name, f"{part.bytes:,} bytes, sha256 {part.sha256[:16]}…")
    Console(markup=False).print(table)  # names are the bundle's own words


@bundle.command()
@click.argument("bundle", default=SHIPPED.name)
def verify(bundle: str) -> None:
    """Check every digest of BUNDLE, a shipped one's name or a folder, and score its golden set on this machine."""
    opened = Bundle.open(folder_of(bundle))
    Scorer(opened, Device.CPU, available_threads()).check_golden()
    click.echo(f"{opened.manifest.name} {opened.digest}: whole, and its golden set scores as recorded")


bundle.add_command(tune)
bundle.add_command(convert)
