"""A line of a decision log: what it is, or what is wrong with it, in words that repeat nothing of it."""

import pytest

from models.record import NO_JSON, NO_RECORD, NoRecord, read_record
from taxonomy.decision import Feedback
from taxonomy.files import native
from tests.logged import decision
from tests.models.tuning.kept import lines_of

SECRET = "what somebody wrote"
GOOD = lines_of([decision()]).strip()


def test_decisions_and_feedback_are_read():
    feedback = Feedback(decision="tg-0-0", time=1, right=False, labels={"hate": True})
    assert read_record(GOOD, native()) == decision()
    assert read_record(lines_of([feedback]), native()) == feedback


def test_scores_by_another_taxonomy_may_be_more_or_fewer():
    other = decision(scores=(1, 2, 3), taxonomy="b" * 16)
    assert read_record(lines_of([other]), native()) == other


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"", NO_JSON),
        (SECRET.encode(), NO_JSON),
        (b"\xff\xfe", NO_JSON),
        (GOOD[:-1], NO_JSON),
        (GOOD + b" " + GOOD, NO_JSON),
        (b'{"a":' + b"[" * 100_000, NO_JSON),
        (b"[1]", NO_RECORD),
        (b"null", NO_RECORD),
        (b"{}", NO_RECORD),
        (f'{{"kind":"{SECRET}"}}'.encode(), NO_RECORD),
        (b'{"kind":5}', NO_RECORD),
        (f'{{"level":"info","message":"{SECRET}"}}'.encode(), NO_RECORD),
        (b'{"kind":"decision"}', "a decision without 'id'"),
        (b'{"kind":"feedback","decision":"x","time":1}', "a feedback without 'right'"),
        (GOOD.replace(b"prompt", SECRET.encode()), "a decision whose 'role' is not what it has to be"),
        (GOOD.replace(b'"verdict":"allow"', b'"verdict":3'), "a decision whose 'verdict' is not what it has to be"),
        (GOOD.replace(b'"time":1', b'"time":-1'), "a decision whose 'time' is not what it has to be"),
        (GOOD.replace(b'"time":1', b'"time":99999999'), "a decision whose 'time' is not what it has to be"),
        (GOOD.replace(b'"scores":[0,', b'"scores":[0.5,'), "a decision whose 'scores' is not what it has to be"),
        (GOOD.replace(b'"scores":[0,', b'"scores":[10001,'), "a decision with a score that is not from 0 to 10000"),
        (GOOD.replace(b'"scores":[0,', b'"scores":[-1,'), "a decision with a score that is not from 0 to 10000"),
        (GOOD.replace(b'"scores":[0,', b'"scores":['), "a decision with 24 scores for 25 outputs"),
        (
            f'{{"kind":"feedback","decision":"x","time":1,"right":true,"labels":{{"{SECRET}":7}}}}'.encode(),
            "a feedback whose 'labels' is not what it has to be",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(line: bytes, what: str):
    with pytest.raises(NoRecord) as raised:
        read_record(line, native())
    assert str(raised.value) == what
