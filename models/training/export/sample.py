"""Texts to compare two graphs on where there are no rows of one's own."""

from itertools import cycle

from models.encode import Item
from models.scorer import normalised
from models.training.export.golden import golden_texts
from taxonomy.categories import Role


def sample() -> list[Item]:
    """Return normalised texts of every role: the golden ones, two of them joined, and some of many windows."""
    texts = golden_texts()
    items = [Item(each.role, each.text, each.context) for each in texts]
    neighbours = zip(cycle(Role), items, items[1:] + items[:1], strict=False)
    items += [Item(role, f"{one.text} {other.text}") for role, one, other in neighbours]
    for i, role in enumerate(Role):
        turned = texts[i * 5 :] + texts[: i * 5]
        context = texts[i].text if role is Role.RESPONSE else None
        items.append(Item(role, " ".join(each.text for each in turned), context))
    return [normalised(item) for item in items]
