//! What Jenkins accepts as a `JUnit` report: the elements and attributes of the schema that its xunit
//! plugin checks reports by (junit-10), described in our own words.
//!
//! One attribute is ours to excuse: `file` of a test case, which GitLab links from and which that
//! schema lacks.

use roxmltree::{Document, Node};

/// An element: the attributes that it must have, those that it can have, and its children.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
    /// Whether it has text of its own.
    text: bool,
}

const TOTALS: &[&str] = &["tests", "failures", "errors"];

const RESULT: &[&str] = &["type", "message"];

/// What an attempt before the last one has.
const ATTEMPT: &[&str] = &["stackTrace", "system-out", "system-err"];

const ELEMENTS: &[Element] = &[
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
        text: false,
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        children: &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
        text: false,
    },
    Element {
        name: "testcase",
        required: &["name"],
        optional: &["time", "classname", "group", "file"],
        children: &[
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        ],
        text: false,
    },
    result("failure"),
    result("error"),
    result("skipped"),
    attempt("rerunFailure"),
    attempt("rerunError"),
    attempt("flakyFailure"),
    attempt("flakyError"),
    output("system-out"),
    output("system-err"),
];

const fn result(name: &'static str) -> Element {
    Element {
        name,
        required: &[],
        optional: RESULT,
        children: &[],
        text: true,
    }
}

const fn attempt(name: &'static str) -> Element {
    Element {
        name,
        required: &["type"],
        optional: &["message"],
        children: ATTEMPT,
        text: true,
    }
}

const fn output(name: &'static str) -> Element {
    Element {
        name,
        required: &[],
        optional: &[],
        children: &[],
        text: true,
    }
}

/// What is wrong with a report; empty if Jenkins accepts it.
pub fn problems(report: &str) -> Vec<String> {
    let document = match Document::parse(report) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut problems = Vec::new();
    let root = document.root_element();
    if !["testsuites", "testsuite"].contains(&root.tag_name().name()) {
        problems.push(format!("the root is {}", root.tag_name().name()));
    }
    for node in root.descendants() {
        if node.is_element() {
            check(node, &mut problems);
        }
    }
    problems
}

fn check(node: Node<'_, '_>, problems: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(element) = ELEMENTS.iter().find(|element| element.name == name) else {
        problems.push(format!("unknown element {name}"));
        return;
    };
    let allowed = |name: &str| element.required.contains(&name) || element.optional.contains(&name);
    for attribute in node.attributes().filter(|it| !allowed(it.name())) {
        problems.push(format!("{name} has no attribute {}", attribute.name()));
    }
    for required in element
        .required
        .iter()
        .filter(|it| !node.has_attribute(**it))
    {
        problems.push(format!("{name} lacks {required}"));
    }
    for child in node.children().filter(Node::is_element) {
        let child = child.tag_name().name();
        if !element.children.contains(&child) {
            problems.push(format!("{name} has no element {child}"));
        }
    }
    let has_text = node
        .children()
        .any(|child| child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()));
    if has_text && !element.text {
        problems.push(format!("{name} has no text"));
    }
    if let Some(time) = node.attribute("time").filter(|time| !is_time(time)) {
        problems.push(format!("{name} lasted {time:?}"));
    }
    for total in TOTALS.iter().filter_map(|total| node.attribute(*total)) {
        if total.parse::<u32>().is_err() {
            problems.push(format!("{name} counts {total:?}"));
        }
    }
}

/// Digits, and a fraction behind a point.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    [whole, fraction]
        .iter()
        .all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn wrong_reports_are_refused() {
    let good = "<testsuites name=\"a\"><testsuite name=\"a\" tests=\"1\" failures=\"0\" errors=\"0\" \
                time=\"1.5\"><testcase name=\"b\"><flakyFailure type=\"c\">d</flakyFailure></testcase>\
                </testsuite></testsuites>";
    assert_eq!(problems(good), Vec::<String>::new());
    for (from, to, problem) in [
        (
            "<testsuites name",
            "<testsuites skipped=\"1\" name",
            "testsuites has no attribute skipped",
        ),
        (" tests=\"1\"", "", "testsuite lacks tests"),
        ("time=\"1.5\"", "time=\"1e5\"", "testsuite lasted \"1e5\""),
        (" type=\"c\"", "", "flakyFailure lacks type"),
        (
            "<testcase name=\"b\">",
            "<testcase name=\"b\">x",
            "testcase has no text",
        ),
        ("tests=\"1\"", "tests=\"x\"", "testsuite counts \"x\""),
    ] {
        assert_eq!(problems(&good.replace(from, to)), [problem]);
    }
    let unknown = good.replace("flakyFailure", "flaky");
    assert!(problems(&unknown).contains(&"unknown element flaky".to_owned()));
    assert!(!problems("<a").is_empty());
}
