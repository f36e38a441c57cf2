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
