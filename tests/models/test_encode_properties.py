"""What holds for a text of any length under any specification: nothing of it goes unread."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.encode import Encoder, EncodingSpec, Item
from taxonomy.categories import Role
from tests.bundles import MARKERS, WORDS, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
CLS, SEP = (TOKENIZER.token_to_id(word) for word in ("[CLS]", "[SEP]"))
# No word twice, so that a token says where in the text it stands.
ONCE = [word for word in dict.fromkeys(WORDS.split()) if len(word) > 1]
IDS = [TOKENIZER.token_to_id(word) for word in ONCE]
quick = settings(max_examples=300, deadline=None)


@st.composite
def specs(draw):
    context, room = draw(st.integers(0, 12)), draw(st.integers(1, 40))
    return EncodingSpec(
        context + 4 + room, draw(st.integers(0, room - 1)), context, draw(st.sampled_from([MARKERS, {}]))
    )


@quick
@given(specs(), st.integers(1, 300), st.integers(0, 30), st.sampled_from(Role))
def test_every_token_stands_in_a_window_with_its_surroundings(spec, length, context_length, role):
    item = Item(role, " ".join(ONCE[:length]), " ".join(ONCE[len(ONCE) - context_length :]) or None)
    (found,) = Encoder(TOKENIZER, spec).encode([item])

    kept = min(context_length, spec.context_tokens)
    marker = [TOKENIZER.token_to_id(spec.role_markers[role])] if spec.role_markers else []
    head = 1 + len(marker) + (kept + 1 if kept else 0)
    room = spec.max_tokens - head - 1
    bodies = [list(window.ids[head:-1]) for window in found.windows]
    begins = [IDS.index(body[0]) for body in bodies]
    ends = [begin + len(body) for begin, body in zip(begins, bodies, strict=True)]

    assert (found.tokens, found.scored) == (length, length)
    assert (found.context_tokens, found.context_scored) == (context_length, kept)
    for window in found.windows:
        assert len(window.ids) == len(window.segments) <= spec.max_tokens
        assert list(window.ids[: 1 + len(marker)]) == [CLS, *marker]
        assert window.ids.count(SEP) == (2 if kept else 1)
        assert window.ids[-1] == SEP
        assert window.segments == (0,) * head + (1 if kept else 0,) * (len(window.ids) - head)
    # Each window is an unbroken piece of the text, and the pieces reach from its beginning to its end.
    assert bodies == [IDS[begin:end] for begin, end in zip(begins, ends, strict=True)]
    assert (begins[0], ends[-1]) == (0, length)
    assert all(end - begin >= spec.overlap for end, begin in zip(ends[:-1], begins[1:], strict=True))
    # None of several is shorter than it need be, and there are no more of them than that takes.
    assert [len(body) for body in bodies] == [min(room, length)] * len(bodies)
    assert len(bodies) == max(1, -(-(length - spec.overlap) // (room - spec.overlap)))
