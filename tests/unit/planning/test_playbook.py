"""The playbook file: the shipped one, and every way to write one that could not be followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch.communication.planning import default_playbook, load_playbook
from netwatch.communication.planning.playbook_file import SHIPPED
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.errors import InputError
from netwatch.inventory.model import Segment

from .story import incident

ROOT = Path(__file__).parents[3]
REST = """
  - {name: rest, when: {}, steps: [{tell: oncall, by: [email]}]}
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "playbook.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_playbook(path)
    return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]


def test_the_reference_in_config_is_the_shipped_playbook():
    assert (ROOT / "config" / "playbook.yaml").read_text() == SHIPPED.read_text()


def test_the_shipped_playbook_has_a_procedure_for_every_scope():
    playbook = default_playbook()
    for scope in Scope:
        chosen = playbook.choose(incident(scope=scope), (), ())
        assert chosen is not None
        assert chosen.outward is (scope in {Scope.REGIONAL, Scope.CUSTOMER})
    planned = playbook.choose(incident(planned="m-1"), (), ())
    assert planned is not None
    assert not planned.outward


def test_the_first_procedure_whose_conditions_all_fit_is_followed(tmp_path):
    path = tmp_path / "playbook.yaml"
    path.write_text(
        """
procedures:
  - name: big power failure in Twente
    when: {scope: [regional], scenario: [power], region: [twente], segment: [critical], customers_at_least: 3}
    steps: [{tell: oncall, by: [email]}]
  - name: rest
    when: {}
    steps: [{tell: oncall, by: [email]}]
"""
    )
    playbook = load_playbook(path)
    fits = incident(scenario=Scenario.POWER, affected=Affected(frozenset("abc")))

    def chosen(found, regions=("twente",), segments=(Segment.CRITICAL,)):
        procedure = playbook.choose(found, regions, segments)
        return procedure.name if procedure else None

    assert chosen(fits) == "big power failure in Twente"
    assert chosen(fits, regions=("salland",)) == "rest"
    assert chosen(fits, segments=(Segment.BUSINESS,)) == "rest"
    assert chosen(incident(scenario=Scenario.POWER)) == "rest"
    assert chosen(incident(affected=Affected(frozenset("abc")))) == "rest"


@pytest.mark.parametrize(
    ("step", "where", "words"),
    [
        ("{tell: onccall, by: [email]}", ":5:", 'Did you mean "oncall"?'),
        ("{tell: oncall, by: [emial]}", ":5:", 'Did you mean "email"?'),
        ("{tell: oncall, by: []}", ":5:", "by"),
        ("{tell: oncall, by: [email], withn_s: 3}", ":5:", 'Did you mean "within_s"?'),
        ("{tell: oncall, by: [email], within_s: soon}", ":5:", "within_s"),
        ("{tell: oncall, by: [email], text: onccall}", ":5:", 'Did you mean "oncall"?'),
        ("{tell: customer, by: [email], text: oncall}", ":5:", 'the text "oncall" is not for customer'),
        ("{tell: customer, by: [email], approval: auto}", ":5:", "write by_size"),
        ("{tell: customer, by: [email], approval: manul}", ":5:", 'Did you mean "manual"?'),
        ("{tell: customer, by: [email], approval: veto soon}", ":5:", "unknown approval"),
        ("{tell: customer, by: [email], repeat: once}", ":5:", "told of its end"),
        ("{tell: staff, by: [email], approval: manual}", ":5:", "only customers' notices wait"),
        ("{tell: staff, by: [webhook]}", ":5:", "reaches on-call only"),
        ("{tell: staff, by: [page]}", ":5:", "can't be told by page"),
        ("{tell: page, by: [email]}", ":5:", "write by: [page]"),
        ("{tell: staff, by: [email], segments: [critical]}", ":5:", "staff has no segments"),
    ],
)
def test_a_step_that_can_not_be_followed_is_refused_at_its_line(tmp_path, step, where, words):
    text = f"procedures:\n  - name: a\n    when: {{scope: [regional]}}\n    steps:\n      - {step}\n{REST}"
    found = faults(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(f"playbook.yaml{where}")
    assert words in found[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("procedures:\n  - {name: a, when: {}, steps: [{tell: customer, by: [email]}]}", "never told outside"),
        (
            "procedures:\n  - {name: a, when: {scope: [customer]}, steps: [{tell: page, by: [page]}]}" + REST,
            "never made public",
        ),
        (
            "procedures:\n  - {name: a, when: {planned: true, scope: [regional]}, "
            "steps: [{tell: customer, by: [email]}]}" + REST,
            "announced work",
        ),
        (
            "procedures:\n  - {name: a, when: {scope: [regional]}, steps: [{tell: oncall, by: [email]}]}",
            "nobody is told",
        ),
        ("procedures:" + REST + REST, "stands twice"),
        ("procedures:" + REST + REST.replace("rest", "other"), "never followed"),
        ("procedures: []", "procedures"),
        ("steps: []", "procedures"),
        ("procedures:\n  - {name: a, when: {scope: [regionall]}, steps: [{tell: oncall, by: [email]}]}", "regional"),
    ],
)
def test_a_plan_with_a_hole_is_refused(tmp_path, text, words):
    assert any(words in fault for fault in faults(tmp_path, text))


def test_all_faults_are_told_at_once(tmp_path):
    steps = "[{tell: boss, by: [email]}, {tell: staff, by: [pigeon]}]"
    assert len(faults(tmp_path, f"procedures:\n  - {{name: a, when: {{}}, steps: {steps}}}")) == 2


def test_a_deadline_beyond_the_three_minutes_is_refused(tmp_path):
    (fault,) = faults(
        tmp_path, "procedures:\n  - {name: a, when: {}, steps: [{tell: staff, by: [email], within_s: 300}]}"
    )
    assert "300 s after a fault is later than 180 s" in fault


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("{duty: staff, do: {en: x}}", "staff is nobody's task"),
        ("{duty: feild, do: {en: x}}", 'Did you mean "field"?'),
        ("{duty: field, do: {de: x}}", "use one of en, nl, pl"),
        ("{duty: field, do: {}}", "do"),
        ("{duty: field}", "does not say what is to be done"),
        ('{duty: field, do: {en: " "}}', "does not say what is to be done"),
        ("{duty: field, do: {en: x}, minute: -1}", "minute"),
        ("{duty: field, do: {en: x}, escalate_to: [staff]}", "nobody is asked as staff"),
        ("{duty: field, do: {en: x}, acknowledge_within: 3}", 'Did you mean "acknowledge_within_s"?'),
    ],
)
def test_a_task_that_nobody_could_do_is_refused_at_its_line(tmp_path, task, words):
    text = f"procedures:\n  - name: a\n    when: {{}}\n    steps: [{{tell: oncall, by: [email]}}]\n    tasks:\n      - {task}\n"
    found = faults(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith("playbook.yaml:6:")
    assert words in found[0]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{tell: staff, by: [sms]}", "there is no SMS for staff"),
        ("{tell: page, by: [sms]}", "can't be told by sms"),
        ("{tell: press, by: [page]}", "can't be told by page"),
        ("{tell: press, by: [email], text: customer}", 'the text "customer" is not for press'),
        ("{tell: social, by: [email], approval: manual}", "only customers' notices wait"),
    ],
)
def test_a_draft_and_an_sms_go_only_where_there_is_a_text_for_them(tmp_path, step, words):
    found = faults(
        tmp_path, f"procedures:\n  - name: a\n    when: {{scope: [regional]}}\n    steps:\n      - {step}\n{REST}"
    )
    assert len(found) == 1, found
    assert words in found[0]


def test_what_is_for_the_public_is_never_about_one_customer(tmp_path):
    steps = "[{tell: social, by: [email]}, {tell: press, by: [email]}]"
    found = faults(tmp_path, f"procedures:\n  - {{name: a, when: {{scope: [customer]}}, steps: {steps}}}{REST}")
    assert len(found) == 2
    assert all("never made public" in fault for fault in found)


def test_faults_of_every_kind_are_told_in_one_run(tmp_path):
    """A wrong word, a wrong deadline, a rule, a hole: what used to take three runs."""
    found = faults(
        tmp_path,
        "procedures:\n"
        "  - name: a\n"
        "    when: {scope: [regional]}\n"
        "    steps:\n"
        "      - {tell: onccall, by: [email]}\n"
        "      - {tell: staff, by: [email], within_s: 999}\n"
        "      - {tell: customer, by: [email], approval: auto}\n"
        "  - name: a\n"
        "    when: {scope: [customer]}\n"
        "    steps: [{tell: page, by: [page]}]\n"
        "    tasks: [{duty: staff, do: {en: x}}]\n"
        "roster: {turns: [{duty: oncall, people: [anna], since: tomorrow}]}\n",
    )
    for words in (
        'Did you mean "oncall"?', "later than 180 s", "write by_size", "stands twice", "never made public",
        "nobody's task", "since",
    ):  # fmt: skip
        assert any(words in fault for fault in found), (words, found)


def test_a_hole_in_the_scopes_is_told_together_with_a_rule_that_is_broken(tmp_path):
    found = faults(
        tmp_path, "procedures:\n  - {name: a, when: {scope: [regional]}, steps: [{tell: staff, by: [webhook]}]}\n"
    )
    assert any("reaches on-call only" in fault for fault in found)
    assert sum("nobody is told of some incidents" in fault for fault in found) == 3


def test_the_shipped_tasks_are_there_in_every_language():
    tasks = [task for procedure in default_playbook().procedures for task in procedure.tasks]
    assert tasks
    for task in tasks:
        assert set(task.do) == {"en", "nl", "pl"}
