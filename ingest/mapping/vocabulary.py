"""Vocabularies: which word of a machine means which state of ours, as data, and the SQL that says so.

A vocabulary is one YAML file in ingest/vocabularies/, or beside a customer's source.yml. It names the roles (what a
machine tells: its state, its mode) and rules over them; the first rule that fits decides. A word that stands in no
rule is not guessed at: the SQL passes it on as it is, and the contract refuses it by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ingest.contracts.model import YAML_LOADER, Name, load_contracts
from ingest.transports.relation import literal
from settings.errors import ConfigurationError

VOCABULARY_FOLDER = Path(__file__).parent.parent / "vocabularies"


def _word(value: Any) -> Any:
    """Numbers are words too. An unquoted on, off, yes or no is a truth value in YAML and no longer the word."""
    if isinstance(value, bool):
        raise ValueError(f"put the word in quotes; unquoted, YAML reads it as {str(value).lower()}")
    return str(value) if isinstance(value, int | float) else value


def _state(value: Any) -> Any:
    if value is False:
        return "off"
    codes = load_contracts()["machine_state"].column("state").codes or ()
    if value not in codes:
        raise ValueError(f"{value!r} is no state; write one of {', '.join(codes)}")
    return value


Word = Annotated[str, BeforeValidator(_word), StringConstraints(min_length=1)]
State = Annotated[str, BeforeValidator(_state)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """Where each named role has one of its words, the state is this; `because` is for people."""

    when: Annotated[dict[Name, tuple[Word, ...]], Field(min_length=1)]
    state: State
    because: Annotated[str, StringConstraints(min_length=8)]


class Vocabulary(_Strict):
    """Rules in order. The first of `roles` says the state; `silent` are words that decide nothing by themselves."""

    vocabulary: Name
    description: Annotated[str, StringConstraints(min_length=8)]
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    silent: dict[Name, tuple[Word, ...]] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Vocabulary:
        for role in [*(role for rule in self.rules for role in rule.when), *self.silent]:
            if role not in self.roles:
                raise ValueError(f"{role} is none of the roles {', '.join(self.roles)}")
        return self


class States(_Strict):
    """How a source's words become states: a vocabulary, and own words and reasons that overrule it."""

    vocabulary: str | None = None
    words: dict[Word, State] = {}
    reasons: dict[Word, Word] = {}

    @model_validator(mode="after")
    def _says_something(self) -> States:
        if not self.vocabulary and not self.words:
            raise ValueError("name a `vocabulary`, list own `words`, or both")
        return self


@dataclass(frozen=True)
class Dictionary:
    """A source's words, ready to be asked: own words of a role first, then the vocabulary's rules."""

    roles: tuple[str, ...]
    own: tuple[tuple[str, str, str], ...]
    """(role, word, state)"""
    rules: tuple[Rule, ...]
    silent: dict[str, tuple[str, ...]]
    reasons: dict[str, str]

    def state_sql(self, words: dict[str, str]) -> str:
        """SQL of the state; `words` are SQL expressions of the word last said, by role, null where none was.

        Any role's unknown word is the result as it stands, and so is a first role's word that no rule fits.
        """
        spoken = {role: f"lower({word})" for role, word in words.items()}
        plain = self._one_role_sql(words)
        if plain:
            return plain
        branches = []
        for role, word in words.items():
            if role != self.roles[0]:
                known = self._known(role)
                unknown = f"{spoken[role]} not in ({_listed(known)})" if known else f"{word} is not null"
                branches.append(f"when {unknown} then {word}")
        for role, word, state in self.own:
            if role in words:
                branches.append(f"when {spoken[role]} = {literal(word.lower())} then {literal(state)}")
        for rule in self.rules:
            if set(rule.when) <= set(words):
                fits = " and ".join(f"{spoken[role]} in ({_listed(said)})" for role, said in rule.when.items())
                branches.append(f"when {fits} then {literal(rule.state)}")
        first = words.get(self.roles[0], "null::varchar")
        return "case " + "\n      ".join(branches) + f"\n      else {first} end"

    def _one_role_sql(self, words: dict[str, str]) -> str | None:
        """Where one role tells all, each word means one state: the cheapest CASE there is."""
        if list(words) != [self.roles[0]]:
            return None
        word = words[self.roles[0]]
        meant = {said.lower(): state for role, said, state in self.own if role == self.roles[0]}
        for rule in self.rules:
            if list(rule.when) == [self.roles[0]]:
                for said in rule.when[self.roles[0]]:
                    meant.setdefault(said.lower(), rule.state)
        branches = "\n      ".join(f"when {literal(said)} then {literal(state)}" for said, state in meant.items())
        return f"case lower({word})\n      {branches}\n      else {word} end"

    def reason_sql(self, word: str) -> str:
        """SQL of the reason that a state word stands for, null where none is declared."""
        if not self.reasons:
            return "null::varchar"
        branches = " ".join(f"when {literal(said.lower())} then {literal(to)}" for said, to in self.reasons.items())
        return f"case lower({word}) {branches} end"

    def _known(self, role: str) -> tuple[str, ...]:
        listed = [word for rule in self.rules for word in rule.when.get(role, ())]
        listed += [*self.silent.get(role, ()), *(word for of, word, _ in self.own if of == role)]
        return tuple(dict.fromkeys(word.lower() for word in listed))


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(literal(word.lower()) for word in words)


def dictionary(states: States, own_of_roles: dict[str, dict[str, str]], folder: Path) -> Dictionary:
    """Return the words of a source whose folder is `folder`; `own_of_roles` are words declared for single roles.

    Raises ConfigurationError if there is no such vocabulary or it is not in order.
    """
    rules: tuple[Rule, ...] = ()
    roles: tuple[str, ...] = ("state",)
    silent: dict[str, tuple[str, ...]] = {}
    if states.vocabulary:
        found = load_vocabulary(_find(states.vocabulary, folder))
        roles, rules, silent = found.roles, found.rules, found.silent
    own = [(role, word, state) for role, words in own_of_roles.items() for word, state in words.items()]
    own += [(roles[0], word, state) for word, state in states.words.items()]
    return Dictionary(roles, tuple(own), rules, silent, states.reasons)


def _find(name: str, folder: Path) -> Path:
    file = folder / name if name.endswith(".yml") else VOCABULARY_FOLDER / f"{name}.yml"
    if file.is_file():
        return file
    known = ", ".join(sorted(path.stem for path in VOCABULARY_FOLDER.glob("*.yml")))
    raise ConfigurationError(
        f"{folder / 'source.yml'}: states: there is no vocabulary {name!r}; write one of {known}, or the name of a "
        ".yml file beside source.yml"
    )


@lru_cache(maxsize=32)
def load_vocabulary(file: Path) -> Vocabulary:
    """Read one vocabulary; raise ConfigurationError naming the file and the place of the first problem."""
    try:
        return Vocabulary.model_validate(yaml.load(file.read_text(encoding="utf-8"), Loader=YAML_LOADER))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "top level"
        raise ConfigurationError(f"{file}: {place}: {problem['msg'].removeprefix('Value error, ')}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML ({getattr(error, 'problem', error)}); mend it") from error
