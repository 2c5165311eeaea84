"""Files of labelled texts as people have them: what is let through, and the exact words for what is not."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from models.outputs import OUTPUTS
from models.tuning.labelled import Reading
from models.tuning.records import digest_of
from models.tuning.sheet import Sheet, sheet, unpacked
from models.tuning.tuned import DataError
from taxonomy.categories import Role

SECRET = "my card number is 4111"
GOOD = '{"text":"a","label":"safe"}\n'


def read(folder: Path, name: str, content: str | bytes) -> Sheet:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sheet(Reading(path))


def held(of: Sheet, row: int) -> set[str]:
    return {OUTPUTS[i] for i in unpacked(of.positive)[row].nonzero()[0]}


def denied(of: Sheet, row: int) -> set[str]:
    return {OUTPUTS[i] for i in unpacked(of.negative)[row].nonzero()[0]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "a.jsonl: the file is empty"),
        ("a.csv", "", "a.csv: the file is empty"),
        ("a.parquet", "", "a.parquet: the file is empty"),
        ("a.jsonl", "\n\n", "a.jsonl: there are no rows"),
        ("a.csv", "text,label\n", "a.csv: there are no rows"),
        ("a.csv", "text,label\n,safe\n", "a.csv: there are no rows (1 row has no text: left out)"),
        (
            "a.txt",
            "x",
            "a.txt: the name must end in .jsonl, .ndjson, .csv, .tsv, .parquet, and .gz behind all but the last",
        ),
        ("a.jsonl", GOOD + f'{{"text":"{SECRET}"\n', "a.jsonl, line 2: is no JSON"),
        ("a.jsonl", GOOD + f'"{SECRET}"\n', "a.jsonl, line 2: is no JSON object"),
        ("a.jsonl", "[" * 100_000 + "\n", "a.jsonl, line 1: is no JSON"),
        (
            "a.jsonl",
            f'{{"txt":"{SECRET}","hate":1}}\n',
            "a.jsonl, line 1: there is no column 'text' among its 2 (one is nearly called so)",
        ),
        ("a.csv", f"{SECRET},0\nhello,1\n", "a.csv, line 1, the header: there is no column 'text' among its 2"),
        (
            "a.csv",
            f"txt,labels\n{SECRET},none\n",
            "a.csv, line 1, the header: there is no column 'text' among its 2 (one is nearly called so)",
        ),
        (
            "a.csv",
            f"txt;labels\n{SECRET};none\n",
            "a.csv, line 1, the header: there is no column 'text' among its 2 (one is nearly called so)",
        ),
        ("a.csv", f"text;labels\n{SECRET},none\n", "a.csv, line 2: has 1 column, the first line 2"),
        (
            "a.csv",
            f'"text";"labels\n{SECRET};none\n',
            "a.csv, line 1: a quote is opened and never closed",
        ),
        ("a.jsonl", '{"text":5}\n', "a.jsonl, line 1: 'text' must be a text"),
        ("a.jsonl", '{"text":"a","context":[]}\n', "a.jsonl, line 1: 'context' must be a text"),
        (
            "a.jsonl",
            f'{{"text":"a","role":"{SECRET}"}}\n',
            "a.jsonl, line 1: 'role' must be one of prompt, response, document, text",
        ),
        (
            "a.csv",
            f"text,hate\nok,1\n\nb,{SECRET}\n",
            "a.csv, line 4: 'hate' must be yes or no (true, false, 1, 0), or empty for not known",
        ),
        ("a.csv", f"text,label\na,{SECRET}\n", "a.csv, line 2: 'label' must be safe or unsafe, or empty for not known"),
        (
            "a.jsonl",
            '{"text":"a","verdict":"block"}\n',
            "a.jsonl, line 1: 'verdict' must be safe or unsafe, or empty for not known",
        ),
        (
            "a.jsonl",
            '{"text":"a","labels":["violense"]}\n',
            "a.jsonl, line 1: 'labels' has a label that no category has, did you mean 'violence'?",
        ),
        (
            "a.jsonl",
            f'{{"text":"a","labels":["{SECRET}"]}}\n',
            "a.jsonl, line 1: 'labels' has a label that no category has",
        ),
        (
            "a.jsonl",
            '{"text":"a","labels":{"hats":1}}\n',
            "a.jsonl, line 1: 'labels' has a label that no category has, did you mean 'hate'?",
        ),
        ("a.jsonl", '{"text":"a","labels":[1]}\n', "a.jsonl, line 1: 'labels' must be a list of labels"),
        (
            "a.jsonl",
            '{"text":"a","label":"safe","hate":1}\n',
            "a.jsonl, line 1: it says of 'hate' both that it holds and that it does not",
        ),
        (
            "a.csv",
            'text,label\n"a "b" c",safe\n',
            "a.csv, line 2: something follows a closing quote: a quote inside quotes is written twice",
        ),
        ("a.csv", 'text,label\nx,safe\n"a,safe\nb,safe\n', "a.csv, line 3: a quote is opened and never closed"),
        ("a.csv", "text,label\na,b,safe\n", "a.csv, line 2: has 3 columns, the first line 2"),
        ("a.csv", "text,text\na,b\n", "a.csv, line 1: two columns have one name"),
        (
            "a.jsonl",
            '{"text":"a","labels":["none","hate"]}\n',
            "a.jsonl, line 1: 'labels' says that nothing holds, and names a label as well",
        ),
        (
            "a.jsonl",
            '{"text":"a","labels":["nonne"]}\n',
            "a.jsonl, line 1: 'labels' has a label that no category has, did you mean 'none'?",
        ),
        (
            "a.csv",
            b"text,label\nok,safe\ncaf\xe9,safe\n",
            "a.csv, line 3: is not UTF-8 text: save it as UTF-8",
        ),
        (
            "a.jsonl",
            GOOD.encode() + b'{"text":"caf\xe9"}\n',
            "a.jsonl, line 2: is not UTF-8 text: save it as UTF-8",
        ),
        *(
            (
                name,
                content.encode(encoding),
                f"{name}: seems to be UTF-16 without a mark at its beginning, or UTF-32: save it as UTF-8",
            )
            for name, content in (("a.csv", "text,label\na,safe\n"), ("a.jsonl", GOOD))
            for encoding in ("utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
        ),
        (
            "a.csv",
            "text,label\na,safe\n".encode("utf-16") + b"\x00\xd8",
            "a.csv: begins as UTF-16 text and does not go on so",
        ),
        ("a.csv", b"text,label\na," + b"x" * (2**24 + 2), "a.csv, line 2: is longer than 16 MiB"),
        ("a.parquet", "PAR1 and nothing else PAR1", "a.parquet: is no Parquet file, or is damaged"),
        (
            "a.jsonl.gz",
            gzip.compress(GOOD.encode() * 99)[:-9],
            "a.jsonl.gz: the gzip data ends too early or is damaged",
        ),
        ("a.csv.gz", "text\na\n", "a.csv.gz: cannot be read: the gzip data is damaged"),
        (
            "a.jsonl",
            '{"text":"a"}\n{"text":"b","categories":{}}\n',
            "a.jsonl, line 2: some rows have scores and some have none: give all of them, or texts alone",
        ),
        (
            "a.jsonl",
            '{"id":1,"categories":{"violence":"x"}}\n',
            "a.jsonl, line 1: the score of 'violence' must be a number from 0 to 1",
        ),
    ],
)
def test_what_cannot_be_used_is_said_by_its_line_and_never_repeated(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, name, content)
    assert str(error.value) == message
    assert SECRET not in str(error.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match=r"^a\.csv: is a folder, not a file$"):
        sheet(Reading(tmp_path / "a.csv"))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl.gz"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as error:
        sheet(Reading(tmp_path / name))
    assert str(error.value) == f"{name}: cannot be read: No such file or directory"


def test_ten_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, "a.csv", "text,hate\n" + "a,perhaps\n" * 30)
    *lines, last = str(error.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"a.csv, line {i}" for i in range(2, 12)]
    assert last == "there may be more: nothing was read behind these"


def test_two_mistakes_in_a_whole_file(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, "a.csv", "text,hate\na,perhaps\nb,1\nc,maybe\n")
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == ["a.csv, line 2", "a.csv, line 4"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    content = (mark + 'text,label\n"grüße, 你好\nzwei",unsafe\nb,safe\n').encode(encoding)
    found = read(tmp_path, "a.csv", content)
    same = read(tmp_path, "b.csv", 'text,label\r\n"grüße, 你好\nzwei",unsafe\r\nb,safe')
    assert found.groups.tolist() == same.groups.tolist()
    assert [held(found, 0), held(found, 1)] == [{"unsafe"}, set()]
    assert denied(found, 1) == set(OUTPUTS)


def test_every_format_reads_alike(tmp_path: Path) -> None:
    rows = [
        {"id": "x", "text": "one", "role": "prompt", "hate": True, "jailbreak": None},
        {"id": "y", "text": 'two "quoted",\nlines', "role": "", "hate": None, "jailbreak": False},
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame(rows).write_csv(tmp_path / "a.csv")
    pl.DataFrame(rows).write_csv(tmp_path / "a.tsv", separator="\t")
    pl.DataFrame(rows).write_ndjson(tmp_path / "a.jsonl")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    found = [sheet(Reading(tmp_path / name)) for name in ("a.parquet", "a.csv", "a.tsv", "a.jsonl", "a.csv.gz")]
    for each in found:
        assert each.names == ["x", "y"]
        assert each.roles.tolist() == [list(Role).index(Role.PROMPT), list(Role).index(Role.TEXT)]
        assert each.groups.tolist() == found[0].groups.tolist()
        assert (held(each, 0), denied(each, 0)) == ({"hate", "unsafe"}, set())
        assert (held(each, 1), denied(each, 1)) == (set(), {"jailbreak"})
        assert each.scores is None
    assert found[1].data == digest_of(tmp_path / "a.csv") != found[0].data


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_says_what_separates_columns(tmp_path: Path, separator: str, ending: str) -> None:
    rows = [["text", "labels"], ["one, two; three", "hate,violence"], ["four", "none"]]
    content = "".join(separator.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    found = read(tmp_path, f"a.{ending}", "\ufeff" + content)
    assert [held(found, 0), held(found, 1)] == [{"hate", "violence", "unsafe"}, set()]
    assert found.notes == ()


def test_a_file_of_texts_alone_has_one_column(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a.csv", "text\none; two | three\n").roles) == 1


def test_what_is_passed_over_is_said_once(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "text,hate,Source,n\nok,1,x,1\n ,0,x,2\n\u200b,0,x,2\nb,0,y,3\n")
    assert found.notes == (
        "2 rows have no text: left out",
        "columns that mean nothing here were passed over: Source, n",
    )
    assert len(found.roles) == 2


def test_identical_texts_are_one_group_whatever_their_role_or_white_space(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "text,role,hate\na  b,prompt,1\n a b,text,0\nc,text,0\n")
    assert found.groups.tolist() == [0, 0, 1]


def test_groups_are_the_same_in_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "text,hate\n" + "".join(f"text {i % 40},1\n" for i in range(60))
    monkeypatch.setattr("models.tuning.identity._KEY", b"one")
    one = read(tmp_path, "a.csv", rows).groups.tolist()
    monkeypatch.setattr("models.tuning.identity._KEY", b"another")
    assert read(tmp_path, "a.csv", rows).groups.tolist() == one == [i % 40 for i in range(60)]


def test_a_context_is_kept_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,role,context\na,response,q\nb,prompt,q\nc,response,\n")
    (batch,) = Reading(path).batches()
    assert [item.context for item in batch.items] == ["q", None, None]


def test_what_classify_writes_is_scored_already(tmp_path: Path) -> None:
    scores = ",".join(f'"{slug}":0.01' for slug in OUTPUTS[:-2])
    head = '"id":7,"role":"prompt","verdict":"block","flagged":true,"unsafe":0.1234,"attack":1'
    tail = '"views":{},"language":"de","supported":false,"labels":["jailbreak"]'
    line = f'{{{head},"categories":{{{scores},"other":0.1234}},{tail}}}\n'
    found = read(tmp_path, "a.jsonl", line)
    assert found.scores is not None
    assert found.scores.steps.tolist() == [[100] * 23 + [1234, 10_000]]
    assert (found.scores.supported.tolist(), found.scores.names, found.names) == ([False], ("de",), ["7"])
    assert held(found, 0) == {"jailbreak", "attack"}
    assert "unsafe" in denied(found, 0)
    assert found.notes == ("rows without a text were scored before; copies among them cannot be told",)
