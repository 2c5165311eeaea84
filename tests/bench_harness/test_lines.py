"""What is drawn is what was measured."""

import msgspec

from tests.bench.curves import UNCACHED, Point
from tests.bench.lines import EMPTY, Line, colours, lines
from tests.bench.lines import UNCACHED as DRAWN
from tests.bench_harness.test_report import MIX, REPORT, curve, result

GIVEN = msgspec.to_builtins(REPORT)


def test_a_line_goes_through_the_loads_below_the_peak():
    drawn = lines(GIVEN, MIX)[0]
    assert drawn == Line("tidegate", offered=[120.0, 280.0], p50=[5.0, 5.0], p99=[10.0, 20.0])


def test_loads_are_drawn_in_order_whatever_order_they_were_measured_in():
    points = tuple(Point(share, result(1000 * share)) for share in (0.9, 0.3, 0.7))
    report = msgspec.structs.replace(REPORT, curves=[curve("tidegate", 1000.0, points=points)])
    (drawn,) = lines(msgspec.to_builtins(report), MIX)
    assert drawn.offered == [300.0, 700.0, 900.0]


def test_every_service_that_scores_has_a_line_for_new_texts_only():
    assert [line.service for line in lines(GIVEN, MIX)] == ["tidegate", "infinity", "optimum", "torch"]
    assert lines(GIVEN, "130 tokens") == []


def test_names_are_those_of_the_report():
    assert UNCACHED.name == DRAWN
    assert EMPTY in {each.service for each in REPORT.curves}


def test_a_service_has_one_colour():
    found = colours(GIVEN)
    assert len({*found.values()}) == len(found) == 5
