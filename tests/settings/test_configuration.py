"""tieout.yml says what is wrong with it in one line: the file, the key, the remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.configuration import load_configuration, parse_configuration
from settings.errors import ConfigurationError, HomeLockedError
from settings.home import Home

PLANT = {"plant_id": "P1", "company_id": "C1", "name": "Works", "time_zone": "Europe/Berlin", "currency_code": "EUR"}
COMPANY = {"company_id": "C1", "name": "Cogs", "currency_code": "EUR", "time_zone": "Europe/Berlin"}
GOOD: dict[str, Any] = {"companies": [COMPANY], "plants": [PLANT], "sources": [{"name": "erp"}]}


def refused(content: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse_configuration(content, Path("tieout.yml"))
    assert error.value.exit_status == 2
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_misspelt_key_is_named_with_the_right_one() -> None:
    company = {key: value for key, value in COMPANY.items() if key != "currency_code"} | {"curency_code": "EUR"}
    message = refused(GOOD | {"companies": [company]})
    assert message == "tieout.yml: companies[1].curency_code: unknown key; did you mean currency_code? (1 more)"


def test_an_unknown_time_zone_is_refused() -> None:
    assert "'Berlin' is no IANA time zone" in refused(GOOD | {"plants": [PLANT | {"time_zone": "Berlin"}]})


def test_a_plant_of_an_unknown_company_is_refused() -> None:
    assert "names company 'C9', which is not listed" in refused(GOOD | {"plants": [PLANT | {"company_id": "C9"}]})


def test_two_sources_of_one_name_are_refused() -> None:
    assert "'erp' is used twice" in refused(GOOD | {"sources": [{"name": "erp"}, {"name": "erp"}]})


@pytest.mark.parametrize("at", ["24:00", "2:00", "noon"])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    assert "schedule.at" in refused(GOOD | {"schedule": {"at": at}})


def test_no_source_at_all_is_refused() -> None:
    assert "sources" in refused({"companies": [COMPANY]})


def test_what_is_no_mapping_is_refused() -> None:
    assert "empty or not a mapping" in refused(None)


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "tieout.yml").write_text("sources:\n  - name: [erp\n")
    with pytest.raises(ConfigurationError, match="line 3 is not YAML"):
        load_configuration(Home(tmp_path))


def test_the_schedule_runs_on_the_companys_clock_unless_it_names_one(tmp_path: Path) -> None:
    (tmp_path / "tieout.yml").write_text(yaml.safe_dump(GOOD))
    assert load_configuration(Home(tmp_path)).schedule_time_zone == "Europe/Berlin"
    named = parse_configuration(GOOD | {"schedule": {"time_zone": "Asia/Tokyo"}}, Path("tieout.yml"))
    assert named.schedule_time_zone == "Asia/Tokyo"


def test_a_home_is_held_by_one_run_and_free_again_after_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "plant")
    with home.hold(), pytest.raises(HomeLockedError) as error, Home(home.root).hold():
        pass
    assert error.value.exit_status == 3
    with home.hold():
        pass


def test_the_home_is_the_option_then_the_environment_then_plant(tmp_path: Path) -> None:
    assert Home.find(tmp_path, {"TIEOUT_HOME": "/elsewhere"}).root == tmp_path
    assert Home.find(None, {"TIEOUT_HOME": str(tmp_path)}).root == tmp_path
    assert Home.find(None, {}).root == Path("plant").resolve()
