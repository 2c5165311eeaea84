"""Metrics: each application its own, all under one name, none with a label that could hold text; and the deadline."""

import asyncio

import pytest
from prometheus_client import generate_latest

from service.errors import BadRequest
from service.http.deadline import HEADER, deadline_of
from service.metrics import Metrics

# What a label may hold: a slug, a route, a policy's name, or a fixed word. A new label needs a thought.
LABELS = {"route", "status", "policy", "role", "verdict", "slug", "action", "result", "outcome", "candidate", "kind"}


def all_metrics(metrics: Metrics) -> list:
    return [each for each in vars(metrics).values() if each is not metrics.registry]


def test_applications_do_not_share_counts():
    one, two = Metrics(), Metrics()
    one.refused.inc()
    assert two.registry.get_sample_value("tidegate_refused_requests_total") == 0


def test_every_metric_is_ours_by_name_and_says_what_it_is(metrics):
    found = list(metrics.registry.collect())
    assert len(found) == len(all_metrics(metrics)) > 10
    for each in found:
        assert each.name.startswith("tidegate_")
        assert each.documentation.endswith(".")


def test_no_label_can_hold_text(metrics):
    used = {label for each in all_metrics(metrics) for label in each._labelnames}
    assert used == LABELS


def test_the_page_can_be_read(metrics):
    page = generate_latest(metrics.registry).decode()
    assert "tidegate_queued_tokens 0.0" in page


def test_no_series_says_when_another_was_made(metrics):
    metrics.requests.labels("/v1/classify", 200).inc()
    metrics.latency.labels("/v1/classify").observe(0.01)
    assert "_created" not in generate_latest(metrics.registry).decode()


def test_no_header_no_deadline():
    assert deadline_of({}) is None


@pytest.mark.parametrize(("value", "seconds"), [("1", 0.001), ("250", 0.25), ("0250", 0.25), ("3600000", 3600.0)])
async def test_a_deadline_is_so_many_milliseconds_from_now(value, seconds):
    now = asyncio.get_running_loop().time()
    assert deadline_of({HEADER: value}) == pytest.approx(now + seconds, abs=5)
    assert deadline_of({HEADER: value}) >= now + seconds


@pytest.mark.parametrize(
    "value", ["", "0", "-1", "+1", "1.5", "1e3", " 5", "5ms", "soon", "3600001", "9" * 5000, "٣", "²", "0x10", "1_000"]
)
async def test_what_is_no_deadline_is_refused(value):
    with pytest.raises(BadRequest) as caught:
        deadline_of({HEADER: value})
    assert str(caught.value) == ("x-tidegate-deadline-ms: must be a whole number of milliseconds from 1 to 3600000")
