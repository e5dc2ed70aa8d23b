"""The `tieout` command as a user meets it: one line and the documented status for every failure."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.command_line import main
from dagster_project.command_line.run_night import requested_build
from dagster_project.command_line.status_report import next_run_at
from ingest.raw import ingest
from settings.configuration import load_configuration
from settings.errors import ConfigurationError
from settings.home import Home


def tieout(home: Home, *arguments: str) -> int:
    return main.exit_status(main.Session(home), ["--home", str(home.root), *arguments])


def only_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    return captured.err


@pytest.mark.parametrize("command", ["nightly", "status", "ui"])
def test_a_missing_home_is_named_with_its_remedy(tmp_path, capsys, command):
    assert tieout(Home(tmp_path / "nowhere"), command) == 2
    line = only_line(capsys)
    assert "nowhere/tieout.yml: not found" in line and "tieout init" in line
    assert not (tmp_path / "nowhere").exists()


def test_a_typo_in_the_configuration_is_named_by_its_key(home, capsys):
    home.configuration_file.write_text("sources: [{name: erp, pth: inbox/erp}]\n", encoding="utf-8")
    assert tieout(home, "nightly") == 2
    assert "sources[1].pth: unknown key" in only_line(capsys)


def test_a_held_home_is_refused_at_once(home, capsys):
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        assert tieout(home, "nightly") == 3
        assert "another tieout run holds this home" in only_line(capsys)
    finally:
        holder.communicate("")
    assert holder.returncode == 0


_HOLD = """
import sys
from pathlib import Path
from settings.home import Home
with Home(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_question_before_the_first_night_says_what_to_run(home, capsys):
    assert tieout(home, "query", "select 1") == 2
    assert "nothing is published yet" in only_line(capsys)


def test_the_lake_is_asked_without_a_published_build(home, capsys):
    assert tieout(home, "query", "--lake", "from raw.process_measurement") == 2
    assert "nothing has been taken in yet" in only_line(capsys)
    ingest(home, load_configuration(home))
    assert tieout(home, "query", "--lake", "select count(*) as n from raw.process_measurement", "--format", "csv") == 0
    assert capsys.readouterr().out.split() == ["n", "0"]
    assert tieout(home, "query", "--lake", "from raw.process_measurment") == 2
    assert "did you mean raw.process_measurement or" in only_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nightli"], "No such command"),
        (["nightly", "--form"], "No such option: --form"),
        (["query"], "Missing argument"),
        (["query", "select 1", "--format", "xml"], "'xml' is not one of"),
        (["demo", "--days", "0"], "--days"),
        (["nightly", "--from", "2026-03-01"], "--from and --to go together"),
        (["nightly", "--from", "2026-03-01", "--to", "2026-02-01"], "is before --from"),
        (["nightly", "--from", "March", "--to", "April"], "--from March: not a date"),
        (["nightly", "--as-of", "yesterday"], "--as-of yesterday: not a moment"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(home, capsys, arguments, told):
    assert tieout(home, *arguments) == 2
    assert told in only_line(capsys)


def test_an_unexpected_failure_is_one_line_that_names_its_log(home, capsys, monkeypatch):
    home.current.parent.mkdir()
    home.current.symlink_to("missing")
    monkeypatch.setattr("serving.query.query", lambda *_: 1 / 0)
    assert tieout(home, "query", "select 1") == 1
    line = only_line(capsys)
    assert "unexpected ZeroDivisionError" in line
    log = Path(line.split("details: ")[1].strip())
    assert log.parent == home.build / "logs"
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_init_writes_a_configuration_that_is_accepted(tmp_path, capsys):
    home = Home(tmp_path / "new")
    assert tieout(home, "init") == 0
    assert load_configuration(home).schedule_time_zone == "Europe/Berlin"
    assert (home.inbox / "erp").is_dir()
    capsys.readouterr()
    home.configuration_file.write_text("changed", encoding="utf-8")
    assert tieout(home, "init") == 2
    assert "is there already" in only_line(capsys)
    assert home.configuration_file.read_text(encoding="utf-8") == "changed"


def test_the_demo_never_writes_into_a_real_plant_s_home(home, capsys):
    assert tieout(home, "demo", "--days", "1") == 2
    assert "real plant" in only_line(capsys)
    assert not list(home.inbox.rglob("*.*"))


def test_help_shows_examples_for_every_command(home, capsys):
    for command in main.COMMANDS:
        tieout(home, command, "--help")
        assert "Examples" in capsys.readouterr().out, command


@pytest.mark.parametrize("arguments", [["--help"], ["query", "select 1"], ["status"]])
def test_the_everyday_commands_do_not_import_dagster(home, arguments):
    code = (
        "import sys; from dagster_project.command_line import main; "
        "main.exit_status(main.Session(None), sys.argv[1:]); "
        "sys.exit(bool({'dagster', 'dbt', 'great_expectations', 'polars', 'pandas'} & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", code, "--home", str(home.root), *arguments], capture_output=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr


def test_a_moment_without_offset_is_read_on_the_schedule_s_clock(home):
    configuration = load_configuration(home)
    assert requested_build(configuration, "2026-07-01T18:00", None, None, False).as_of == "2026-07-01T22:00:00"
    assert requested_build(configuration, "2026-07-01T18:00+02:00", None, None, False).as_of == "2026-07-01T16:00:00"
    # A date means its end, as accountants say it.
    assert requested_build(configuration, "2026-07-01", None, None, False).as_of == "2026-07-02T03:59:59.999999"
    with pytest.raises(ConfigurationError):
        requested_build(configuration, "2026-07-32", None, None, False)


def test_the_next_run_is_the_schedule_s_next_moment_on_its_clock(home):
    configuration = load_configuration(home)
    assert next_run_at(configuration, datetime(2026, 7, 1, 6, 0, tzinfo=UTC)).isoformat() == "2026-07-01T02:30:00-04:00"
    assert next_run_at(configuration, datetime(2026, 7, 1, 7, 0, tzinfo=UTC)).isoformat() == "2026-07-02T02:30:00-04:00"
