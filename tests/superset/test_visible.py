"""What a user of SQL Lab is told: nothing of mappings and databases of others, nor of faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.superset.conftest import PASSWORD, Instance
from tests.test_connection import WRONG, tells, wrong_file

Ask = Callable[[str], str]
# Ten to the 5000th; Jinja itself stumbles over one that it can compute beforehand.
BIG = "(current_username() | length + 5)**5000"
OTHERS = ("retail", "cdnow", "Shop warehouse", "wrong", "Wrong")


@pytest.fixture(scope="module")
def clara(instance: Instance) -> str:
    """A user of SQL Lab who may use the telecom warehouse and the unmapped one, and no other."""
    from superset import db, security_manager
    from superset.models.core import Database

    with instance.app.app_context():
        role = security_manager.add_role("clara")
        for name in ("Telecom warehouse", "Unmapped"):
            perm = db.session.query(Database).filter_by(database_name=name).one().perm
            allowed = security_manager.add_permission_view_menu("database_access", perm)
            security_manager.add_permission_role(role, allowed)
        roles = [role, security_manager.find_role("sql_lab"), security_manager.find_role("Gamma")]
        security_manager.add_user("clara", "clara", "", "c@x.y", roles, password=PASSWORD)
        db.session.commit()
    return "clara"


@pytest.fixture
def ask(instance: Instance, clara: str) -> Callable[..., str]:
    """A function from a macro's call to the message that the user gets for it."""

    def message(call: str, database: str = "Telecom warehouse", user: str = clara) -> str:
        body = {
            "database_id": instance.database_id(database),
            "sql": f"select * from {{{{ {call} }}}} t",
            "runAsync": False,
            "queryLimit": 10,
            "client_id": os.urandom(5).hex(),
        }
        answer = instance.client(user).post("/api/v1/sqllab/execute/", json=body).get_json()
        return str(answer["errors"][0]["message"]) if "errors" in answer else "rows"

    return message


def test_a_message_names_no_mapping_of_a_database_of_others(ask: Callable[..., str]) -> None:
    assert ask("kpi.cx_by_segment()") == "rows"
    found = {
        "kpi.retial()": ask("kpi.retial()"),
        "kpi.retail.clv_by_segment()": ask("kpi.retail.clv_by_segment()"),
        "kpi.nobody": ask("kpi.clv_by_segment(mapping='nobody')"),
        "cdnow": ask("kpi.clv_by_segment(mapping='retail')").replace("'retail'", ""),
        "Unmapped": ask("kpi.clv_by_segment()", "Unmapped"),
    }
    for call, message in found.items():
        told = message.replace("kpi.retial", "").replace("'retail'", "")
        assert not any(name in told for name in OTHERS), f"{call}: {message}"
    assert found["kpi.retail.clv_by_segment()"] == (
        "kpi.clv_by_segment: there is no mapping 'retail'. Choose one of: telecom."
    )
    assert found["Unmapped"] == (
        "kpi.clv_by_segment: no mapping belongs to the database 'Unmapped'. Choose one that has a "
        "mapping (Telecom warehouse), or map this one in kpi.yaml."
    )
    assert "Shop warehouse" in ask("kpi.clv_by_segment()", "Unmapped", "admin")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("['x']", "['x']"), (BIG, "a number of 16610 bits"), ("{'a': 1}", "{'a': 1}")],
)
def test_a_mapping_is_asked_for_by_one_name(
    ask: Callable[..., str], value: str, shown: str
) -> None:
    assert ask(f"kpi.cx_by_segment(mapping={value})") == (
        f"kpi.cx_by_segment: mapping is {shown} and must be the name of a mapping. Write one name."
    )


@pytest.mark.parametrize(
    "value", ["['x']", BIG, f"-{BIG}", "{'a': 1}", "kpi", "range(9)", "'x' * 100000"]
)
def test_an_argument_of_an_odd_type_is_refused_with_a_sentence(
    ask: Callable[..., str], value: str
) -> None:
    for argument in ("scheme", "period", "min_n"):
        message = ask(f"kpi.cx_by_segment({argument}={value})")
        assert message.startswith("cx_by_segment: "), message
        assert len(message) < 400, message


@pytest.fixture
def faulty(instance: Instance) -> Iterator[Callable[[str], None]]:
    """A function that writes another mapping file, which is undone at the end."""
    file = instance.home / "kpi.yaml"
    before = file.read_text(encoding="utf-8")

    def write(text: str) -> None:
        file.write_text(text, encoding="utf-8")

    yield write
    file.write_text(before, encoding="utf-8")
    os.utime(file)


def test_faults_of_the_mapping_file_are_for_administrators_and_hold_no_password(
    ask: Callable[..., str],
    faulty: Callable[[str], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for form in WRONG:
        faulty(wrong_file(form))
        admin = ask("kpi.clv_by_segment()", user="admin")
        assert not tells(admin + caplog.text), form
        if admin.startswith("kpi.yaml"):
            assert ask("kpi.clv_by_segment()") == (
                "kpi: the mapping file has faults, which Superset's log names. "
                "Ask an administrator to correct them."
            )
            assert "The mapping file cannot be used" in caplog.text
        else:
            assert admin.startswith("kpi.clv_by_segment: no mapping belongs to the database"), form
        caplog.clear()


def test_a_mapping_file_of_endless_work_is_refused_at_once(
    ask: Callable[..., str], faulty: Callable[[str], None]
) -> None:
    from tests.test_mapping import bomb

    faulty(bomb())
    assert "with its aliases (*) written out" in ask("kpi.clv_by_segment()", user="admin")
