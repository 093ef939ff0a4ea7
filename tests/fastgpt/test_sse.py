"""Server-sent events, by the standard, however the bytes are cut."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.fastgpt.sse import Frame, SseParser


def parsed(*chunks: bytes) -> list[tuple[str, str]]:
    parser = SseParser()
    return [(frame.event, frame.data) for chunk in chunks for frame in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        (b"event: answer\ndata: x\n\n", [("answer", "x")]),
        (b"data: x\r\n\r\ndata: y\r\n\r\n", [("", "x"), ("", "y")]),
        (b"event: a\rdata: x\r\rdata: y\r\r", [("a", "x"), ("", "y")]),
        (b"data:x\n\ndata:  y\n\n", [("", "x"), ("", " y")]),
        (b"data: a\ndata: b\n\n", [("", "a\nb")]),
        (b": heartbeat\n\n:\n\ndata: x\n\n", [("", "x")]),
        (b"\xef\xbb\xbfdata: x\n\n", [("", "x")]),
        (b"data: \xef\xbb\xbfx\n\n", [("", "\ufeffx")]),
        (b"event: a\n\ndata: x\n\n", [("", "x")]),
        (b"id: 7\nretry: 3\nfoo: bar\ndata: x\n\n", [("", "x")]),
        (b"data\n\n", [("", "")]),
        (
            "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1eh\n\n".encode(),
            [("", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\x1eh")],
        ),
        (b"data: \xff\xfe\n\n", [("", "\ufffd\ufffd")]),
        (b"data: x\n\nevent: answer\ndata: cut off by the end\n", [("", "x")]),
    ],
)
def test_a_stream_means_what_the_standard_says_at_any_cut(stream: bytes, frames: list[tuple[str, str]]) -> None:
    assert parsed(stream) == frames
    assert parsed(*(stream[at : at + 1] for at in range(len(stream)))) == frames
    for cut in range(len(stream)):
        assert parsed(stream[:cut], stream[cut:]) == frames


@given(
    st.text(alphabet=st.sampled_from("aé🌍\u2028\r\n: \ufeff"), max_size=60), st.lists(st.integers(0, 400), max_size=12)
)
def test_cutting_anywhere_changes_nothing(text: str, cuts: list[int]) -> None:
    stream = b"".join(f"event: e\ndata: {line}\n\n".encode() for line in text.split("x")) + text.encode()
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    assert parsed(*(stream[a:b] for a, b in pairwise(edges))) == parsed(stream)


def test_a_frame_ended_by_cr_is_given_at_once() -> None:
    assert SseParser().feed(b"data: x\r\r") == [Frame("", "x")]


def test_a_megabyte_in_small_pieces_takes_linear_time() -> None:
    stream = b"data: " + b"x" * 2**20 + b"\n\n"
    parser, begun = SseParser(), time.process_time()
    frames = [frame for at in range(0, len(stream), 64) for frame in parser.feed(stream[at : at + 64])]
    assert len(frames[0].data) == 2**20
    assert time.process_time() - begun < 2  # joining at every piece would take a minute


def test_an_event_over_the_limit_is_skipped_and_the_next_one_read() -> None:
    parser = SseParser(limit=100)
    assert parser.feed(b"event: a\ndata: " + b"x" * 200) == []
    assert parser.feed(b"x" * 50 + b"\ndata: more\n\n" + b"event: b\ndata: y\n\n") == [Frame("b", "y")]
    assert parser.skipped == 1


def test_many_lines_count_towards_the_limit_together() -> None:
    parser = SseParser(limit=100)
    assert parser.feed(b"data: 123456789\n" * 20 + b"\ndata: y\n\n") == [Frame("", "y")]
    assert parser.skipped == 1


def test_an_endless_event_takes_no_more_memory_than_the_limit() -> None:
    parser = SseParser(limit=1000)
    for _ in range(1000):
        parser.feed(b"x" * 1000)
    assert len(parser._line) <= 1000


def test_endless_comments_before_an_event_do_not_count_against_it() -> None:
    parser = SseParser(limit=100)
    assert parser.feed(b": ping\n" * 100 + b"data: y\n\n") == [Frame("", "y")]
