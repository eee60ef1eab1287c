"""What every judge shares: its arguments, its score, its known failures, its section of docs/judges.md.

    import judge                                   # after sys.path.insert(0, parent folder)
    run = judge.Run("patch", "the FHIRPath patch suite of HL7")
    cases = run.shared("fhir-test-cases/r4/patch/fhir-patch-tests.xml")   # absent: the judge ends as skipped
    run.passed("case 1")
    run.failed("case 2", "says 3 where the suite expects 4")
    run.finish()                                   # prints, compares with failures.tsv, ends the process

Cases are named, each name once. failures.tsv beside `run` lists the known failures: case, tab, reason. A judge ends with
status 1 when a case fails that is not listed, or when there are fewer cases than before (`cases` in failures.tsv's first
line): a score never drops in silence. Listed ones that pass by now are told; --update takes them off the list.
"""
import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
DOCS = ROOT / "docs" / "judges.md"
SKIPPED = 77
REASON_MISSING = "(no reason given yet)"


class Run:
    def __init__(self, name, subject, more_arguments=None):
        """more_arguments: a function that adds the judge's own arguments to an argparse parser."""
        self.name, self.subject = name, subject
        parser = argparse.ArgumentParser(prog=f"test/judges/{name}/run", description=subject)
        parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                            help="the build folder with the programs to judge (build/release)")
        parser.add_argument("--update", action="store_true",
                            help="rewrite failures.tsv and the section of docs/judges.md; reasons are kept")
        parser.add_argument("--verbose", action="store_true", help="print every failure, also the known ones")
        if more_arguments:
            more_arguments(parser)
        self.arguments = parser.parse_args()
        self.results = {}
        self.notes = []

    def program(self, path):
        """A built program ("idun", "src/patch/patch_judge"); the judge stops when it is not there."""
        program = self.arguments.build / path
        if not program.exists():
            sys.exit(f"{self.name}: {program} is not built; ./dev judge {self.name} builds it")
        return program

    def shared(self, path):
        """A path within ../shared/data; the judge ends as skipped when it is not there."""
        found = SHARED / path
        if not found.exists():
            self.skip(f"needs {path} of the reference folder ../shared/data")
        return found

    def skip(self, why):
        print(f"skipped: {self.name} ({why})")
        sys.exit(SKIPPED)

    def passed(self, case):
        self._add(case, None)

    def failed(self, case, what):
        self._add(case, " ".join(str(what).split())[:300])

    def note(self, line):
        """A line for the published section: sizes, versions, what was not judged and why."""
        self.notes.append(line)

    def _add(self, case, what):
        case = " ".join(str(case).split())
        assert case not in self.results, f"case '{case}' comes twice"
        self.results[case] = what

    def finish(self):
        known, cases_before = self._known()
        failed = {case: what for case, what in self.results.items() if what is not None}
        new = [case for case in failed if case not in known]
        stale = [case for case in known if case not in failed]
        for case, what in failed.items():
            if case in new or self.arguments.verbose:
                print(f"{'FAILED' if case in new else 'known '}  {case}: {what}")
        for case in stale:
            print(f"BETTER  {case}: listed in failures.tsv, but it {'passes' if case in self.results else 'is not run'} now; --update")
        count = len(self.results)
        if count < cases_before:
            print(f"FEWER   {count} cases where there were {cases_before}")
        if self.arguments.update:
            self._write(failed, known)
        score = 100.0 * (count - len(failed)) / count if count else 0.0
        print(f"{self.name}: {count - len(failed)} of {count} passed ({score:.1f} %), {len(failed)} failed, {len(new)} of them new")
        bad = new or count < cases_before or count == 0
        sys.exit(1 if bad and not self.arguments.update else 0)

    def _list(self):
        return HERE / self.name / "failures.tsv"

    def _known(self):
        """Reasons by case, and the number of cases at the last update."""
        if not self._list().exists():
            return {}, 0
        first, *lines = self._list().read_text(encoding="utf-8").splitlines()
        return dict(line.split("\t", 1) for line in lines if line), int(re.search(r"(\d+) cases", first).group(1))

    def _write(self, failed, known):
        reasons = {case: known.get(case, REASON_MISSING) for case in failed}
        rows = [f"# {len(self.results)} cases; known failures: case, reason\n"]
        rows += [f"{case}\t{reason}\n" for case, reason in sorted(reasons.items())]
        self._list().write_text("".join(rows), encoding="utf-8")
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(replace_section(text, self.name, self._section(reasons)), encoding="utf-8")

    def _section(self, reasons):
        count = len(self.results)
        score = 100.0 * (count - len(reasons)) / count if count else 0.0
        lines = [f"{self.subject[:1].upper()}{self.subject[1:]}.", "",
                 f"Score: **{count - len(reasons)} of {count}** ({score:.1f} %). Command: `./dev judge {self.name}`."]
        lines += [""] + self.notes if self.notes else []
        if reasons:
            lines += ["", "| fails | why |", "|---|---|"]
            grouped = {}
            for case, reason in sorted(reasons.items()):
                grouped.setdefault(reason, []).append(case)
            lines += [f"| {', '.join(cell(case) for case in cases)} | {cell(reason)} |" for reason, cases in grouped.items()]
        return "\n".join(lines)


def cell(text):
    return text.replace("|", "\\|")


def replace_section(text, name, body):
    """The document with the section `## name` replaced, or put where its name belongs."""
    head, *sections = re.split(r"^## ", text, flags=re.M)
    bodies = {section.split("\n", 1)[0].strip(): section.split("\n", 1)[1].strip("\n") for section in sections}
    bodies[name] = body
    return head.rstrip("\n") + "\n" + "".join(f"\n## {key}\n\n{bodies[key]}\n" for key in sorted(bodies))
