"""Vocabularies say what a machine's words mean; what they do not say reaches the contract as it was delivered."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingest.contracts.model import load_contracts
from ingest.mapping.vocabulary import VOCABULARY_FOLDER, Dictionary, States, dictionary, load_vocabulary
from settings.errors import ConfigurationError

NAMES = ("mtconnect", "opcua_machinery", "packml", "plain", "semi_e10")


def of(vocabulary: str | None = None, **more: dict[str, str]) -> Dictionary:
    return dictionary(States(vocabulary=vocabulary, **more), {}, Path("folder"))  # type: ignore[arg-type]


def state(words: Dictionary, **said: str | None) -> str | None:
    with duckdb.connect() as connection:
        values = {role: "null::varchar" if word is None else "'" + word + "'" for role, word in said.items()}
        row = connection.execute(f"select {words.state_sql(values)}").fetchone()
    return row[0] if row else None


def test_these_vocabularies_ship() -> None:
    assert tuple(sorted(file.stem for file in VOCABULARY_FOLDER.glob("*.yml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_a_vocabulary_decides_something(name: str) -> None:
    """For each rule there is a combination of its own words that no rule before it has taken."""
    found = load_vocabulary(VOCABULARY_FOLDER / f"{name}.yml")
    words = of(name)
    for rule in found.rules:
        first = {role: said[0] for role, said in rule.when.items()}
        said = {role: first.get(role) for role in found.roles}
        assert state(words, **said) == rule.state, rule
    assert {rule.state for rule in found.rules} <= set(load_contracts()["machine_state"].column("state").codes or ())


@pytest.mark.parametrize(
    ("vocabulary", "said", "expected"),
    [
        ("packml", {"state": "Execute", "mode": "Production"}, "producing"),
        ("packml", {"state": "Execute", "mode": "Manual"}, "setup"),
        ("packml", {"state": "Held", "mode": "Manual"}, "down"),
        ("packml", {"state": "Suspended", "mode": None}, "delay"),
        ("packml", {"state": "Aborted", "mode": "Maintenance"}, "maintenance"),
        ("packml", {"state": "Execute", "mode": "Karaoke"}, "Karaoke"),
        ("packml", {"state": "6"}, "6"),
        ("opcua_machinery", {"state": "Executing", "mode": "Processing"}, "producing"),
        ("opcua_machinery", {"state": "NotExecuting", "mode": "Setup"}, "setup"),
        ("opcua_machinery", {"state": "OutOfService", "mode": "None"}, "down"),
        ("mtconnect", {"execution": "ACTIVE", "availability": "UNAVAILABLE"}, "unknown"),
        ("mtconnect", {"execution": "ACTIVE", "controller_mode": "AUTOMATIC"}, "producing"),
        ("mtconnect", {"execution": "FEED_HOLD", "controller_mode": "AUTOMATIC"}, "delay"),
        ("mtconnect", {"execution": "ACTIVE", "emergency_stop": "TRIGGERED"}, "down"),
        ("mtconnect", {"execution": None, "availability": "AVAILABLE"}, None),
        ("semi_e10", {"state": "SDT"}, "maintenance"),
        ("semi_e10", {"state": "nonscheduled time"}, "off"),
        ("plain", {"state": "Läuft"}, "producing"),
        ("plain", {"state": "läuft nicht"}, "läuft nicht"),
    ],
)
def test_what_machines_say(vocabulary: str, said: dict[str, str | None], expected: str | None) -> None:
    assert state(of(vocabulary), **said) == expected


def test_own_words_overrule_the_vocabulary() -> None:
    words = of("packml", words={"Held": "delay", "Rüsten": "setup"})
    assert [state(words, state=word) for word in ("Held", "HELD", "rüsten", "Execute")] == [
        "delay",
        "delay",
        "setup",
        "producing",
    ]
    assert state(words, state="Held", mode="Maintenance") == "delay"


def test_a_vocabulary_may_lie_beside_the_source(tmp_path: Path) -> None:
    (tmp_path / "ours.yml").write_text(
        "vocabulary: ours\ndescription: Our own words.\nroles: [state]\n"
        "rules: [{when: {state: [an]}, state: producing, because: It runs.}]\n",
        encoding="utf-8",
    )
    assert state(dictionary(States(vocabulary="ours.yml"), {}, tmp_path), state="AN") == "producing"


def test_an_unknown_vocabulary_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no vocabulary 'packlm'; write one of mtconnect, opcua_machinery"):
        dictionary(States(vocabulary="packlm"), {}, tmp_path)


def test_a_vocabulary_with_a_state_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ours.yml"
    file.write_text(
        "vocabulary: ours\ndescription: Our own words.\nroles: [state]\n"
        "rules: [{when: {state: [an]}, state: runs, because: It runs.}]\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as error:
        load_vocabulary(file)
    assert str(error.value).startswith(f"{file}: rules.0.state: 'runs' is no state; write one of producing, ")
