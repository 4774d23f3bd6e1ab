"""The matrix as JUnit XML, which CI systems show: a test suite a cell, a test case a claim."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from netproof.matrix.records import FAILED, SKIPPED, Cell, Claim

# What XML 1.0 cannot hold, not even escaped: evidence may be the output of any command.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(cells: Iterable[Cell]) -> str:
    """The XML document."""
    suites = ET.Element("testsuites", name="netproof matrix")
    for cell in cells:
        suites.append(_suite(cell))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _clean(value: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)


def _suite(cell: Cell) -> ET.Element:
    outcomes = [claim.outcome for claim in cell.claims]
    suite = ET.Element(
        "testsuite",
        name=str(cell.key),
        tests=str(len(cell.claims) + len(cell.unchecked) + bool(cell.error)),
        failures=str(outcomes.count(FAILED)),
        errors=str(int(bool(cell.error))),
        skipped=str(outcomes.count(SKIPPED) + len(cell.unchecked)),
        time=f"{cell.seconds:.3f}",
        timestamp=cell.when.removesuffix("Z"),
    )
    about = {"version": cell.version, "kernel": cell.inputs.kernel, "image": cell.inputs.image}
    properties = ET.SubElement(suite, "properties")
    for name, value in about.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    group = str(cell.key)
    if cell.error:
        case = ET.SubElement(suite, "testcase", classname=group, name="build", time="0")
        _reason(case, "error", cell.error)
    for name, claim in cell.named().items():
        suite.append(_case(group, name, claim))
    for name, why in cell.unchecked.items():
        case = ET.SubElement(suite, "testcase", classname=group, name=_clean(name), time="0")
        _reason(case, "skipped", f"not checked: {why}")
    return suite


def _case(group: str, name: str, claim: Claim) -> ET.Element:
    title = _clean(f"{name} {claim.behaviour}")
    case = ET.Element("testcase", classname=group, name=title, time=f"{claim.seconds:.3f}")
    if claim.outcome == FAILED:
        _reason(case, "failure", claim.failure)
    elif claim.outcome == SKIPPED:
        _reason(case, "skipped", claim.failure)
    pieces = [f"verdict: {claim.verdict}", f"the document says: {claim.says}"]
    pieces += [f"source: {claim.source}"] if claim.source else []
    pieces += [f"{name}:\n{value}" for name, value in claim.evidence]
    ET.SubElement(case, "system-out").text = _clean("\n".join(pieces))
    return case


def _reason(case: ET.Element, kind: str, why: str) -> None:
    first = why.splitlines()[0] if why else kind
    ET.SubElement(case, kind, message=_clean(first)).text = _clean(why)
