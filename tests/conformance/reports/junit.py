"""JUnit's XML, for continuous integration. Not applicable is skipped."""

from xml.etree import ElementTree

from ..run import Outcome, Report, Result

TAGS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.NOT_APPLICABLE: "skipped"}


def render_junit(report: Report) -> str:
    suite = ElementTree.Element(
        "testsuite",
        name=f"conformance: {report.name}",
        tests=str(len(report.results)),
        failures=str(report.count(Outcome.FAILED)),
        errors=str(report.count(Outcome.ERROR)),
        skipped=str(report.count(Outcome.NOT_APPLICABLE)),
    )
    for result in report.results:
        add_case(suite, result)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def add_case(suite: ElementTree.Element, result: Result) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname="conformance",
        name=result.check.name,
        time=f"{result.seconds:.3f}",
    )
    if tag := TAGS.get(result.outcome):
        found = ElementTree.SubElement(case, tag, message=result.seen)
        found.text = "\n".join(
            f"{each.actor}: {each.request} → {each.response}" for each in result.exchanges
        )
