"""A case that is sent is opened once for all tasks that bring it, whatever is remembered of it."""

from __future__ import annotations

import pickle

import pandas as pd

from karvan.case import PackedCase


def test_a_worker_opens_a_case_once(textbook):
    first, second = (pickle.loads(pickle.dumps(PackedCase.of(textbook))) for _ in range(2))  # noqa: S301 - our own bytes
    assert first.open() is second.open()
    assert first.open().digest == textbook.digest
    pd.testing.assert_frame_equal(first.open().tables["link"], textbook.tables["link"])


def test_a_case_that_was_edited_is_another_one(textbook, files):
    files.set("link.csv", next(iter(textbook.rows("link"))), length_km="777")
    edited = PackedCase.of(files.open())
    assert edited != PackedCase.of(textbook)
    assert edited.open() is not PackedCase.of(textbook).open()
