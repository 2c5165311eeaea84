"""Windows of single texts: what stands in them, and what never may."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.encode import Encoder, EncodingSpec, Item
from taxonomy.categories import Role
from tests.bundles import MARKERS, WORDS, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
CLS, SEP, UNK = (TOKENIZER.token_to_id(word) for word in ("[CLS]", "[SEP]", "[UNK]"))
SPEC = EncodingSpec(max_tokens=16, overlap=4, context_tokens=5, role_markers=MARKERS)
MANY = WORDS.split()


def ids_of(text):
    return tuple(TOKENIZER.encode(text, add_special_tokens=False).ids)


def marker(role):
    return TOKENIZER.token_to_id(MARKERS[role])


def encode(*items, spec=SPEC):
    return Encoder(tiny_tokenizer(), spec).encode(items)


def test_a_short_text_is_one_window():
    (found,) = encode(Item(Role.PROMPT, "hello world"))
    (window,) = found.windows
    assert window.ids == (CLS, marker(Role.PROMPT), *ids_of("hello world"), SEP)
    assert window.segments == (0,) * 5
    assert (found.tokens, found.scored, found.context_tokens, found.context_scored) == (2, 2, 0, 0)


def test_a_response_stands_behind_its_context():
    (found,) = encode(Item(Role.RESPONSE, "hello world", context="the cat sleep"))
    (window,) = found.windows
    context = ids_of("the cat sleep")
    assert window.ids == (CLS, marker(Role.RESPONSE), *context, SEP, *ids_of("hello world"), SEP)
    assert window.segments == (*(0,) * (len(context) + 3), 1, 1, 1)
    assert (found.context_tokens, found.context_scored) == (len(context), len(context))


def test_special_tokens_are_those_of_the_specification():
    spec = EncodingSpec(
        16, 2, 4, begin="[unused1]", between=("[unused2]", "[unused2]"), end="[unused2]", text_segment=0
    )
    first, second = TOKENIZER.token_to_id("[unused1]"), TOKENIZER.token_to_id("[unused2]")
    alone, behind = encode(Item(Role.TEXT, "hello"), Item(Role.RESPONSE, "hello", context="cat"), spec=spec)
    assert alone.windows[0].ids == (first, *ids_of("hello"), second)
    assert behind.windows[0].ids == (first, *ids_of("cat"), second, second, *ids_of("hello"), second)
    assert set(behind.windows[0].segments) == {0}


def test_windows_beside_two_tokens_between_are_not_longer():
    spec = EncodingSpec(16, 2, 4, between=("[SEP]", "[SEP]"))
    (found,) = encode(Item(Role.RESPONSE, " ".join(MANY[:60]), context=" ".join(MANY[:9])), spec=spec)
    assert {len(window.ids) for window in found.windows} == {16}
    assert (found.scored, found.context_scored) == (60, 4)


def test_every_role_reads_differently():
    windows = [each.windows[0].ids for each in encode(*[Item(role, "hello") for role in Role])]
    assert len(set(windows)) == len(Role)


def test_a_model_without_roles_reads_them_alike():
    spec = EncodingSpec(max_tokens=16, overlap=4, context_tokens=5)
    found = encode(*[Item(role, "hello") for role in Role], spec=spec)
    assert [each.windows[0].ids for each in found] == [(CLS, *ids_of("hello"), SEP)] * len(Role)


@pytest.mark.parametrize(("limit", "front", "back"), [(0, 0, 0), (1, 1, 0), (4, 2, 2), (5, 3, 2)])
def test_a_long_context_keeps_both_ends_and_says_so(limit, front, back):
    context = ids_of(" ".join(MANY[:20]))
    spec = EncodingSpec(max_tokens=16, overlap=4, context_tokens=limit, role_markers=MARKERS)
    (found,) = encode(Item(Role.RESPONSE, "hello", context=" ".join(MANY[:20])), spec=spec)
    kept = (*context[:front], *context[20 - back :])
    assert found.windows[0].ids == (CLS, marker(Role.RESPONSE), *kept, *((SEP,) if kept else ()), *ids_of("hello"), SEP)
    assert (found.context_tokens, found.context_scored) == (20, limit)


def test_a_context_stands_in_every_window():
    (found,) = encode(Item(Role.RESPONSE, " ".join(MANY[:60]), context="the cat sleep"))
    assert len(found.windows) > 3
    assert {window.ids[2:6] for window in found.windows} == {(*ids_of("the cat sleep"), SEP)}


@pytest.mark.parametrize("text", ["", "\ufffd", "\ufffd \ufffd"])
def test_a_text_without_a_token_has_no_window(text):
    (found,) = encode(Item(Role.RESPONSE, text, context="hello"))
    assert (found.windows, found.tokens, found.scored) == ((), 0, 0)


def test_no_items():
    assert encode() == []


def test_contexts_stay_with_their_texts():
    items = [
        Item(Role.RESPONSE, "hello", context="cat"),
        Item(Role.PROMPT, "world"),
        Item(Role.RESPONSE, "", context="dog"),
        Item(Role.RESPONSE, "moon", context=""),
        Item(Role.RESPONSE, "sun", context="bird"),
    ]
    together = encode(*items)
    assert together == [encode(item)[0] for item in items]
    assert [each.context_tokens for each in together] == [1, 0, 1, 0, 1]


def test_a_very_long_word_is_read_letter_by_letter():
    (found,) = encode(Item(Role.TEXT, "xq" * 5000))
    assert (found.tokens, found.scored) == (10_000, 10_000)
    assert UNK not in {token for window in found.windows for token in window.ids}


def test_truncation_and_padding_of_a_tokenizer_file_are_not_obeyed(tmp_path):
    tokenizer = tiny_tokenizer()
    tokenizer.enable_truncation(max_length=8)
    tokenizer.enable_padding(length=50)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    (found,) = Encoder.load(path, SPEC).encode([Item(Role.TEXT, " ".join(MANY[:30]))])
    assert (found.tokens, found.scored) == (30, 30)
    assert found.windows[-1].ids[-2] == ids_of(MANY[29])[0]


def test_a_text_cannot_write_special_tokens():
    text = "[PAD] hello [SEP] [CLS] [UNK] [unused1] world"
    (found,) = encode(Item(Role.TEXT, text), spec=EncodingSpec(64, 4, 5, MARKERS))
    inside = found.windows[0].ids[2:-1]
    assert not {CLS, SEP, UNK, *ids_of("[PAD]"), *map(marker, Role)} & set(inside)
    assert {*ids_of("hello"), *ids_of("world")} < set(inside)


def test_several_threads_read_the_same():
    encoder = Encoder(tiny_tokenizer(), SPEC)
    items = [Item(Role.TEXT, " ".join(MANY[i : i + 50])) for i in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda item: encoder.encode([item])[0], items)) == encoder.encode(items)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((16, 4, 12), "max_tokens 16 and context_tokens 12 leave 0 tokens for the text, with overlap 4"),
        ((16, 4, 8), "max_tokens 16 and context_tokens 8 leave 4 tokens for the text, with overlap 4"),
        ((16, -1, 8), "max_tokens 16 and context_tokens 8 leave 4 tokens for the text, with overlap -1"),
        ((16, 4, -1), "max_tokens 16 and context_tokens -1 leave 13 tokens for the text, with overlap 4"),
    ],
)
def test_a_spec_that_leaves_no_room_is_refused(numbers, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        EncodingSpec(*numbers)


@pytest.mark.parametrize("spec", [{"begin": "<s>"}, {"between": ("<s>",)}, {"end": "<s>"}], ids=str)
def test_a_special_token_that_is_none_is_refused(spec):
    with pytest.raises(ValueError, match=r"^the tokenizer has no token <s>$"):
        Encoder(tiny_tokenizer(), EncodingSpec(**spec))


def test_a_marker_that_is_no_token_is_refused():
    with pytest.raises(ValueError, match=r"^the tokenizer has no token \[unused9\]$"):
        Encoder(tiny_tokenizer(), EncodingSpec(role_markers={Role.TEXT: "[unused9]"}))


def test_spans_are_where_the_windows_are():
    item = Item(Role.RESPONSE, " ".join(MANY[:60]), context="the cat sleep")
    encoder = Encoder(tiny_tokenizer(), SPEC)
    (found,) = encoder.encode([item])
    spans = encoder.spans(item)
    assert len(spans) == len(found.windows) > 2
    for (begin, end), window in zip(spans, found.windows, strict=True):
        # What stands behind the context, less the last [SEP].
        text = [each for each, segment in zip(window.ids, window.segments, strict=True) if segment][:-1]
        assert tuple(text) == ids_of(item.text[begin:end])
    assert encoder.spans(Item(Role.TEXT, "")) == []
