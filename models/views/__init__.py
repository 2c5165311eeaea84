"""Other readings of a text: what it says once a disguise is taken off. Scored beside the text itself.

    text -> disguises (glyphs, spacing, codes, ciphers, comments) -> View(name, passage) -> its own windows -> pool

A disguise yields a view only where the reading holds words that the text did not: a hash, a table, a base64 image
or another language yields none, so ordinary traffic pays for one search and nothing else. A view is the changed
passages with some words around them, not the whole text again.
"""

from models.views.read import DISGUISES, VERSION, Reader, View

__all__ = ["DISGUISES", "VERSION", "Reader", "View"]
