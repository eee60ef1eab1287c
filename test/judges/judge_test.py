#!/usr/bin/env python3
"""Tests of judge.py: a score that drops is told. Run it alone or through ctest (judges_judge_test)."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import judge  # noqa: E402


class Scores(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)
        (self.here / "x").mkdir()
        self.docs = self.here / "judges.md"
        self.docs.write_text("# Judges\n\n## a\n\nfirst\n\n## z\n\nlast\n", encoding="utf-8")
        for name, value in (("HERE", self.here), ("DOCS", self.docs)):
            patch = mock.patch.object(judge, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def judged(self, results, *arguments):
        """Status and output of a judge whose cases are {case: None or what went wrong}."""
        output = io.StringIO()
        with mock.patch.object(sys, "argv", ["run", *arguments]), contextlib.redirect_stdout(output):
            run = judge.Run("x", "the suite of x")
            with self.assertRaises(SystemExit) as end:
                for case, what in results.items():
                    run.failed(case, what) if what else run.passed(case)
                run.finish()
        return end.exception.code, output.getvalue()

    def test_all_pass(self):
        status, output = self.judged({"one": None, "two": None})
        self.assertEqual(status, 0)
        self.assertIn("x: 2 of 2 passed (100.0 %)", output)

    def test_no_case_is_a_failure(self):
        self.assertEqual(self.judged({})[0], 1)

    def test_a_new_failure_is_told(self):
        status, output = self.judged({"one": None, "two": "wrong"})
        self.assertEqual(status, 1)
        self.assertIn("FAILED  two: wrong", output)

    def test_known_better_and_fewer(self):
        self.assertEqual(self.judged({"one": None, "two": "wrong", "three": "bad"}, "--update")[0], 0)
        self.assertEqual(self.judged({"one": None, "two": "wrong", "three": "bad"})[0], 0)
        status, output = self.judged({"one": None, "two": None, "three": "bad"})
        self.assertEqual(status, 0)
        self.assertIn("BETTER  two", output)
        status, output = self.judged({"two": "wrong", "three": "bad"})
        self.assertEqual(status, 1)
        self.assertIn("FEWER   2 cases where there were 3", output)

    def test_update_keeps_reasons_and_other_sections(self):
        self.judged({"two": "wrong", "three": "bad"}, "--update")
        listing = self.here / "x" / "failures.tsv"
        listing.write_text(listing.read_text().replace("two\t(no reason given yet)", "two\tR5 | only"))
        self.judged({"two": "wrong", "three": "bad", "four": None}, "--update")
        self.assertIn("two\tR5 | only\n", listing.read_text())
        text = self.docs.read_text()
        self.assertEqual([line for line in text.splitlines() if line.startswith("## ")], ["## a", "## x", "## z"])
        self.assertIn("first", text)
        self.assertIn("last", text)
        self.assertIn("Score: **1 of 3** (33.3 %). Command: `./dev judge x`.", text)
        self.assertIn("| two | R5 \\| only |", text)

    def test_the_same_case_twice_is_a_mistake(self):
        with mock.patch.object(sys, "argv", ["run"]):
            run = judge.Run("x", "x")
        run.passed("one")
        with self.assertRaises(AssertionError):
            run.passed("one")

    def test_absent_reference_data_is_a_skip(self):
        with mock.patch.object(sys, "argv", ["run"]), contextlib.redirect_stdout(io.StringIO()) as output:
            run = judge.Run("x", "x")
            with self.assertRaises(SystemExit) as end:
                run.shared("no/such/file")
        self.assertEqual(end.exception.code, judge.SKIPPED)
        self.assertIn("skipped: x", output.getvalue())


if __name__ == "__main__":
    unittest.main()
