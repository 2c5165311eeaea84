"""What is being served: named in every answer, so that a verdict can be traced to what produced it."""

import msgspec

from models.bundle import Bundle
from service.wire.native import Ref, TaxonomyRef
from taxonomy.crosswalk import Crosswalk
from taxonomy.files import native, shipped_crosswalks


class Identity(msgspec.Struct, frozen=True):
    """The bundle, the taxonomy and the crosswalks in force."""

    bundle: Bundle
    model: Ref
    taxonomy: TaxonomyRef
    crosswalks: dict[str, Crosswalk]

    @classmethod
    def of(cls, bundle: Bundle) -> "Identity":
        """Return the identity of a service that serves `bundle`."""
        taxonomy = native()
        return cls(
            bundle,
            Ref(bundle.manifest.name, bundle.digest),
            TaxonomyRef(taxonomy.version, taxonomy.digest),
            shipped_crosswalks(),
        )

    @property
    def openai(self) -> Crosswalk:
        """The crosswalk of the OpenAI route."""
        return self.crosswalks["openai"]
