"""What the test runners did, read from their own records: Odoo's log and pytest's JUnit file."""
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field

LINE = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<text>.*)$")
TEST_LOGGER = re.compile(r"^odoo\.addons\.(?P<addon>\w+)\.tests\.")
# A skip that would hide a browser test behind a green run.
BROWSER_SKIP = re.compile(r"chrom|browser|websocket|--odoo-http|http server", re.I)


@dataclass
class Result:
    """Outcome of one or more runs. `run` counts started tests per addon (or folder)."""

    run: Counter = field(default_factory=Counter)
    failed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    complaints: list = field(default_factory=list)

    def __iadd__(self, other):
        self.run += other.run
        self.failed += other.failed
        self.skipped += other.skipped
        self.complaints += other.complaints
        return self

    @property
    def passed(self):
        return sum(self.run.values()) - len(set(self.failed) & self._started()) - len(self.skipped)

    def _started(self):
        return {name for name in self.failed if not name.startswith("!")}

    def complain(self, sentence):
        """Something that fails the whole run although no test failed."""
        self.complaints.append(sentence)


def from_odoo_log(path, label):
    """Result of one run of Odoo's own test runner.

    :param path: its log, written at level INFO
    :param label: prefix that tells the run apart from others, e.g. "alone"
    """
    result = Result()
    for line in path.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        addon = TEST_LOGGER.match(match["logger"])
        text = match["text"]
        if addon and text.startswith("Starting ") and text.rstrip().endswith(" ..."):
            result.run[addon["addon"]] += 1
        elif addon and text.startswith("skipped "):
            result.skipped.append(f"{label}: {addon['addon']} {text}")
        elif match["level"] in ("ERROR", "CRITICAL"):
            failure = re.match(r"(?:FAIL|ERROR): (?:Subtest )?(\S+)", text)
            if failure and addon:
                result.failed.append(f"{label}: {addon['addon']} {failure[1]}")
            elif match["logger"] not in ("odoo.tests.result", "odoo.modules.loading"):
                result.complain(f"{label}: error in {path.name}: {text[:200]}")
    result.failed = sorted(set(result.failed))
    return result


def from_junit(path, label):
    """Result of one pytest run, read from its JUnit XML; subtests of one test count once."""
    result = Result()
    if not path.exists():
        result.complain(f"{label}: pytest ended without a result")
        return result
    for case in ET.parse(path).iter("testcase"):
        name = f"{label}: {case.get('classname')}.{case.get('name')}"
        owner = re.search(r"(?:^|\.)addons\.(\w+)\.", case.get("classname") or "")
        result.run[owner[1] if owner else "tests"] += 1
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed.append(name)
        elif case.find("skipped") is not None:
            result.skipped.append(f"{name} : {case.find('skipped').get('message')}")
    return result


def hidden_browser_tests(result):
    """Skipped tests that should have run in a browser."""
    return [skip for skip in result.skipped if BROWSER_SKIP.search(skip)]
