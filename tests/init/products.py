"""Tables of well-known products, as their projects document them, with a few made-up rows."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tests.init.rows import Rows

T = dt.datetime(2026, 9, 1, 10)


def array_of(*documents: dict[str, Any]) -> str:
    """An array of documents as PostgreSQL writes it."""
    return "{" + ",".join(json.dumps(json.dumps(d)) for d in documents) + "}"


def later(hours: int) -> dt.datetime:
    """A moment on the days after T."""
    return T + dt.timedelta(hours=hours)


TEXT, NUMBER, WHOLE, FLAG = "varchar(200)", "double precision", "bigint", "boolean"


ZENDESK: Rows = {
    "user": (
        f"id {WHOLE}, email {TEXT}, role {TEXT}, created_at timestamp, name {TEXT}",
        [
            (1, "ann@x.org", "end-user", T, "Ann"),
            (2, "BOB@x.org", "end-user", T, "Bob"),
            (9, "help@x.org", "agent", T, "Help"),
        ],
    ),
    "group": (f"id {WHOLE}, name {TEXT}", [(7, "Billing")]),
    "ticket": (
        f"id {WHOLE}, requester_id {WHOLE}, assignee_id {WHOLE}, group_id {WHOLE}, "
        f"via_channel {TEXT}, created_at timestamp",
        [(100, 1, 9, 7, "email", T), (101, 2, 9, None, "web", T), (102, 2, 9, 7, "web", T)],
    ),
    "ticket_field_history": (
        f"ticket_id {WHOLE}, field_name {TEXT}, value {TEXT}, updated timestamp, user_id {WHOLE}",
        [
            (100, "satisfaction_score", "offered", T, 9),
            (100, "satisfaction_score", "bad", later(1), 1),
            (100, "satisfaction_score", "good", later(2), 1),
            (100, "satisfaction_comment", "well, thanks", later(2), 1),
            (101, "satisfaction_score", "offered", T, 9),
            (101, "satisfaction_score", "bad", later(3), 2),
            (102, "satisfaction_score", "offered", later(4), 9),
            (102, "status", "good", later(5), 9),
        ],
    ),
}
ZENDESK_AIRBYTE: Rows = {
    "users": ZENDESK["user"],
    "groups": ZENDESK["group"],
    "satisfaction_ratings": (
        f"id {WHOLE}, assignee_id {WHOLE}, group_id {WHOLE}, reason_id {WHOLE}, "
        f"requester_id {WHOLE}, ticket_id {WHOLE}, updated_at timestamp, created_at timestamp, "
        f"url {TEXT}, score {TEXT}, reason {TEXT}, comment {TEXT}",
        [
            (500, 9, 7, None, 1, 100, later(1), T, None, "bad", None, None),
            (501, 9, 7, None, 1, 100, later(2), T, None, "good", None, "well, thanks"),
            (502, 9, None, None, 2, 101, later(3), T, None, "bad", None, None),
            (503, 9, 7, None, 2, 102, later(4), T, None, "offered", None, None),
        ],
    ),
}
WOOCOMMERCE: Rows = {
    "wp_wc_order_stats": (
        f"order_id {WHOLE}, parent_id {WHOLE}, date_created {{datetime}}, "
        f"date_created_gmt {{datetime}}, num_items_sold integer, total_sales {NUMBER}, "
        f"tax_total {NUMBER}, shipping_total {NUMBER}, net_total {NUMBER}, status {TEXT}, "
        f"customer_id {WHOLE}",
        [
            (1, 0, T, T, 2, 50.0, 5.0, 5.0, 40.0, "wc-completed", 1),
            (2, 0, T, T, 1, 30.0, 3.0, 0.0, 27.0, "wc-refunded", 2),
            (3, 2, later(9), later(9), -1, -30.0, -3.0, 0.0, -27.0, "wc-refunded", 2),
            (4, 1, later(9), later(9), 0, -8.0, 0.0, 0.0, -8.0, "wc-completed", 1),
            (5, 0, T, T, 1, 99.0, 0.0, 0.0, 99.0, "wc-cancelled", 1),
            (6, 0, T, T, 1, 98.0, 0.0, 0.0, 98.0, "wc-on-hold", 2),
        ],
    ),
    "wp_wc_customer_lookup": (
        f"customer_id {WHOLE}, user_id {WHOLE}, username {TEXT}, first_name {TEXT}, "
        f"last_name {TEXT}, email {TEXT}, date_last_active timestamp null, "
        f"date_registered timestamp null, country char(2), postcode {TEXT}, city {TEXT}, "
        f"state {TEXT}",
        [
            (1, 11, "ann", "Ann", "A", "ann@x.org", T, T, "DE", "", "", "BY"),
            (2, None, "", "Bob", "B", "bob@x.org", T, None, "", "", "", ""),
        ],
    ),
}
SALESFORCE: Rows = {
    "account": (
        f"id {TEXT}, name {TEXT}, owner_id {TEXT}, industry {TEXT}, billing_country {TEXT}, "
        f"is_deleted {FLAG}, parent_id {TEXT}",
        [
            ("001A", "Acme", "005X", "Energy", "Germany", False, None),
            ("001B", "Bolt", "005X", None, None, False, None),
            ("001C", "Gone", "005X", "Energy", None, True, None),
        ],
    ),
    "opportunity": (
        f"id {TEXT}, account_id {TEXT}, amount {NUMBER}, close_date date, is_won {FLAG}, "
        f"is_closed {FLAG}, is_deleted {FLAG}, owner_id {TEXT}, stage_name {TEXT}",
        [
            ("006A", "001A", 1000.0, T.date(), True, True, False, "005X", "Closed Won"),
            ("006B", "001A", 500.0, T.date(), False, True, False, "005X", "Closed Lost"),
            ("006C", "001B", 70.0, T.date(), True, True, True, "005X", "Closed Won"),
            ("006D", None, 80.0, T.date(), True, True, False, "005X", "Closed Won"),
        ],
    ),
    "user": (f"id {TEXT}, name {TEXT}, email {TEXT}", [("005X", "Xu", "xu@us.org")]),
    "contact": (
        f"id {TEXT}, account_id {TEXT}, email {TEXT}, is_deleted {FLAG}",
        [
            ("003A", "001A", "Ann@x.org", False),
            ("003B", "001A", "al@x.org", False),
            ("003C", "001B", "bob@x.org", True),
        ],
    ),
    "contract": (
        f"id {TEXT}, account_id {TEXT}, start_date date, end_date date, status {TEXT}, "
        f"is_deleted {FLAG}",
        [
            ("800A", "001A", dt.date(2025, 1, 1), dt.date(2026, 12, 31), "Activated", False),
            ("800B", "001B", dt.date(2026, 1, 1), None, "Draft", False),
        ],
    ),
}
HUBSPOT: Rows = {
    "company": (
        f"id {WHOLE}, is_deleted {FLAG}, property_name {TEXT}, property_createdate timestamp, "
        f"property_industry {TEXT}, property_country {TEXT}",
        [
            (1, False, "Acme", T, "ENERGY", "Germany"),
            (2, False, "Bolt", T, None, None),
            (3, True, "Gone", T, None, None),
        ],
    ),
    "deal": (
        f"deal_id {WHOLE}, is_deleted {FLAG}, deal_pipeline_id {TEXT}, "
        f"deal_pipeline_stage_id {TEXT}, owner_id {WHOLE}, property_amount {NUMBER}, "
        "property_closedate timestamp, property_createdate timestamp",
        [
            (10, False, "default", "won", 5, 1000.0, T, T),
            (11, False, "default", "lost", 5, 900.0, T, T),
            (12, False, "default", "open", 5, 800.0, T, T),
            (13, True, "default", "won", 5, 700.0, T, T),
            (14, False, "default", "won", 6, 50.0, later(24), T),
            (15, False, "default", "won", 6, None, T, T),
        ],
    ),
    "deal_company": (
        f"deal_id {WHOLE}, company_id {WHOLE}, type_id {WHOLE}, category {TEXT}",
        [
            (10, 1, 5, "HUBSPOT_DEFINED"),
            (10, 1, 341, "HUBSPOT_DEFINED"),
            (10, 2, 341, "HUBSPOT_DEFINED"),
            (11, 1, 5, "HUBSPOT_DEFINED"),
            (12, 2, 5, "HUBSPOT_DEFINED"),
            (13, 2, 5, "HUBSPOT_DEFINED"),
            (14, 1, 5, "HUBSPOT_DEFINED"),
        ],
    ),
    "deal_pipeline_stage": (
        f"pipeline_id {TEXT}, stage_id {TEXT}, label {TEXT}, is_closed {FLAG}, "
        f"probability {NUMBER}",
        [
            ("default", "won", "Won", True, 1.0),
            ("default", "lost", "Lost", True, 0.0),
            ("default", "open", "Open", False, 0.9),
        ],
    ),
    "owner": (
        f"owner_id {WHOLE}, email {TEXT}, first_name {TEXT}, last_name {TEXT}",
        [(5, "xu@us.org", "Xu", "Li"), (6, "yo@us.org", "", None)],
    ),
    "contact": (
        f"id {WHOLE}, property_email {TEXT}, property_company {TEXT}",
        [(70, "ANN@x.org", "Acme"), (71, "bob@x.org", None)],
    ),
    "deal_contact": (f"deal_id {WHOLE}, contact_id {WHOLE}", [(14, 70), (11, 70)]),
}
QUALTRICS: Rows = {
    "survey_response": (
        f"id {TEXT}, survey_id {TEXT}, recipient_email {TEXT}, recorded_date timestamp, "
        f"finished integer, distribution_channel {TEXT}, progress integer, status integer",
        [
            ("R_1", "SV_1", "Ann@x.org", T, 1, "email", 100, 0),
            ("R_2", "SV_1", "ann@x.org ", later(24), 1, "email", 100, 0),
            ("R_3", "SV_1", "", T, 1, "anonymous", 100, 0),
            ("R_4", "SV_1", "bob@x.org", T, 0, "email", 50, 0),
            ("R_5", "SV_2", "bob@x.org", T, 1, "email", 100, 0),
        ],
    ),
    "question_response": (
        f"_fivetran_id {TEXT}, response_id {TEXT}, question_id {TEXT}, question {TEXT}, "
        f"question_option_key {TEXT}, text {TEXT}, value {TEXT}",
        [
            ("a1", "R_1", "QID1", "Recommend?", None, None, "10"),
            ("a2", "R_1", "QID2", "Colour?", None, None, "3"),
            ("a3", "R_2", "QID1", "Recommend?", None, None, "2"),
            ("a4", "R_3", "QID1", "Recommend?", None, None, "9"),
            ("a5", "R_4", "QID1", "Recommend?", None, None, "8"),
            ("a6", "R_5", "QID1", "Remarks?", None, "fine", None),
        ],
    ),
    "question": (
        f"id {TEXT}, survey_id {TEXT}, question_type {TEXT}, selector {TEXT}, question_text {TEXT}",
        [
            ("QID1", "SV_1", "MC", "NPS", "Recommend?"),
            ("QID2", "SV_1", "MC", "SAVR", "Colour?"),
            ("QID1", "SV_2", "TE", "SL", "Remarks?"),
        ],
    ),
}


TYPEFORM: Rows = {
    "responses": (
        f"response_id {TEXT}, form_id {TEXT}, landed_at {TEXT}, submitted_at {TEXT}, "
        "hidden {json}, calculated {json}, answers {json}",
        [
            (
                "t1",
                "F",
                "2026-09-01T09:59:00Z",
                "2026-09-01T10:00:00Z",
                "{}",
                None,
                json.dumps(
                    [
                        {"field": {"id": "n", "type": "nps"}, "type": "number", "number": 9},
                        {"field": {"id": "s", "type": "rating"}, "type": "number", "number": 4},
                        {"field": {"id": "o", "type": "opinion_scale"}, "number": 3},
                        {"field": {"id": "e"}, "type": "email", "email": "Ann@x.org"},
                    ]
                ),
            ),
            (
                "t2",
                "F",
                "2026-09-01T11:59:00Z",
                "2026-09-01T12:00:00Z",
                '{"email": "BOB@x.org"}',
                None,
                json.dumps([{"field": {"id": "n", "type": "nps"}, "type": "number", "number": 0}]),
            ),
            (
                "t3",
                "F",
                "2026-09-01T12:59:00Z",
                "2026-09-01T13:00:00Z",
                None,
                None,
                json.dumps([{"field": {"id": "n", "type": "nps"}, "type": "number", "number": 7}]),
            ),
            ("t4", "F", "2026-09-01T13:59:00Z", "2026-09-01T14:00:00Z", None, None, None),
        ],
    ),
    "forms": (
        f"id {TEXT}, title {TEXT}, fields {{json}}",
        [
            (
                "F",
                "How was it?",
                json.dumps(
                    [
                        {"id": "n", "type": "nps"},
                        {"id": "s", "type": "rating", "properties": {"steps": 5}},
                    ]
                ),
            )
        ],
    ),
}


def monkey_pages(*weighed: tuple[str, str | None]) -> str:
    """Pages of answers, by question and weight."""
    questions = [
        {
            "id": question,
            "answers": [
                {"choice_id": "1", "row_id": "2", "choice_metadata": {"weight": weight}}
                if weight
                else {"text": "no comment"}
            ],
        }
        for question, weight in weighed
    ]
    return json.dumps([{"id": "p", "questions": questions}])


SURVEYMONKEY: Rows = {
    "survey_responses": (
        f"id {TEXT}, survey_id {TEXT}, email_address {TEXT}, date_created timestamp, "
        f"date_modified timestamp, response_status {TEXT}, collection_mode {TEXT}, pages {{json}}",
        [
            (
                "m1",
                "S",
                "Ann@x.org",
                T,
                T,
                "completed",
                "default",
                monkey_pages(("q1", "100"), ("q2", "0"), ("q3", None)),
            ),
            (
                "m2",
                "S",
                "ann@x.org",
                later(24),
                T,
                "completed",
                "default",
                monkey_pages(("q1", "0"), ("q2", "2")),
            ),
            ("m3", "S", "", T, T, "completed", "default", monkey_pages(("q1", "-100"))),
            ("m4", "S", "bob@x.org", T, T, "completed", "default", monkey_pages(("q1", "100"))),
        ],
    ),
}
QUALTRICS_AIRBYTE: Rows = {
    "survey_responses": (
        'responseId varchar(50), surveyId varchar(50), "values" {json}, labels {json}, '
        "recordedDate timestamp, endDate timestamp, finished integer, progress integer",
        [
            (
                "R_1",
                "SV_1",
                '{"QID1": 10, "QID2": 3, "recipientEmail": "Ann@x.org"}',
                '{"QID1_NPS_GROUP": "Promoter", "QID2": "Blue"}',
                T,
                T,
                1,
                100,
            ),
            (
                "R_2",
                "SV_1",
                '{"QID1": 2, "recipientEmail": "ann@x.org"}',
                '{"QID1_NPS_GROUP": "Detractor"}',
                later(24),
                T,
                1,
                100,
            ),
            ("R_3", "SV_1", '{"QID1": 9}', '{"QID1_NPS_GROUP": "Promoter"}', T, T, 1, 100),
            (
                "R_4",
                "SV_1",
                '{"QID1": 8, "recipientEmail": "bob@x.org"}',
                '{"QID1_NPS_GROUP": "Passive"}',
                T,
                T,
                0,
                50,
            ),
        ],
    ),
}
WOOCOMMERCE_AIRBYTE: Rows = {
    "customers": (
        f"id {WHOLE}, date_created timestamp, email {TEXT}, role {TEXT}, is_paying_customer {FLAG}",
        [(11, T, "ann@x.org", "customer", True), (12, T, "bob@x.org", "customer", True)],
    ),
    "orders": (
        f"id {WHOLE}, status {TEXT}, currency {TEXT}, date_created timestamp, total {TEXT}, "
        f"customer_id {WHOLE}, refunds {{json}}",
        [
            (1, "completed", "EUR", T, "50.00", 11, '[{"id": 4, "total": "-8.00"}]'),
            (2, "refunded", "EUR", T, "30.00", 12, '[{"id": 3, "total": "-30.00"}]'),
            (5, "cancelled", "EUR", T, "99.00", 11, "[]"),
            (6, "completed", "EUR", T, "12.00", 0, None),
        ],
    ),
    "refunds": (
        f"id {WHOLE}, date_created timestamp, amount {TEXT}, reason {TEXT}",
        [(3, later(9), "30.00", None), (4, later(9), "8.00", "late")],
    ),
}
HUBSPOT_AIRBYTE: Rows = {
    "companies": (
        f'id {TEXT}, "createdAt" timestamp, "updatedAt" timestamp, archived {FLAG}, '
        "contacts {json}",
        [
            ("1", T, T, False, '["70", "72"]'),
            ("2", T, T, False, None),
            ("3", T, T, True, '["71"]'),
        ],
    ),
    "deals": (
        f"id {TEXT}, archived {FLAG}, companies {{json}}, contacts {{json}}, "
        f"properties_amount {NUMBER}, properties_closedate timestamp, "
        f"properties_hs_is_closed_won {FLAG}, properties_hubspot_owner_id {TEXT}",
        [
            ("10", False, '["2", "1"]', "[]", 1000.0, T, True, "5"),
            ("11", False, '["1"]', "[]", 900.0, T, False, "5"),
            ("13", True, '["2"]', "[]", 700.0, T, True, "5"),
            ("14", False, '["1"]', "[]", 50.0, later(24), True, "6"),
            ("15", False, None, "[]", 60.0, T, True, "6"),
        ],
    ),
    "owners": (
        f'id {TEXT}, email {TEXT}, "firstName" {TEXT}, "lastName" {TEXT}',
        [("5", "xu@us.org", "Xu", "Li"), ("6", "yo@us.org", "Yo", None)],
    ),
    "contacts": (
        f"id {TEXT}, properties_email {TEXT}",
        [("70", "ANN@x.org"), ("71", "bob@x.org")],
    ),
}
FORMBRICKS: Rows = {
    "Survey": (
        "id text, name text, questions jsonb, blocks jsonb[]",
        [
            (
                "old",
                "Old",
                json.dumps(
                    [
                        {"id": "n", "type": "nps"},
                        {"id": "s", "type": "rating", "range": 10, "scale": "star"},
                        {"id": "w", "type": "openText"},
                    ]
                ),
                "{}",
            ),
            (
                "new",
                "New",
                "[]",
                array_of(
                    {"id": "b", "elements": [{"id": "c", "type": "csat", "range": 5}]},
                    {"id": "d", "elements": [{"id": "f", "type": "ces", "range": 7}]},
                ),
            ),
        ],
    ),
    "Response": (
        'id text, created_at timestamp, finished boolean, "surveyId" text, "contactId" text, '
        "data jsonb",
        [
            ("r1", T, True, "old", "c1", '{"n": 9, "s": 8, "w": "fine"}'),
            ("r2", later(1), False, "new", None, '{"c": 4, "f": 6}'),
            ("r3", later(2), True, "old", "c2", '{"n": ""}'),
        ],
    ),
    "Contact": (
        'id text, "workspaceId" text, created_at timestamp',
        [("c1", "w", T), ("c2", "w", T)],
    ),
    "ContactAttribute": (
        'id text, "contactId" text, "attributeKeyId" text, value text',
        [("a1", "c1", "k1", "Ann@x.org"), ("a2", "c1", "k2", "4711")],
    ),
    "ContactAttributeKey": ("id text, key text", [("k1", "email"), ("k2", "userId")]),
}


def camel(tables: Rows) -> Rows:
    """Tables with the names of columns as Salesforce has them: AccountId for account_id."""
    found: Rows = {}
    for table, (columns, rows) in tables.items():
        words = [column.split(" ", 1) for column in columns.split(", ")]
        named = ["".join(part.capitalize() for part in name.split("_")) for name, _ in words]
        new = ", ".join(f'"{n}" {kind}' for n, (_, kind) in zip(named, words, strict=True))
        found[table.capitalize()] = (new, rows)
    return found


def on(engine: str, tables: Rows) -> Rows:
    """Tables with the types that an engine has in the place of others."""
    word = "datetime" if engine in ("mariadb", "mysql", "sqlite") else "timestamp"
    document = "jsonb" if engine == "postgres" else "json"
    return {
        name: (ddl.replace("{datetime}", word).replace("{json}", document), rows)
        for name, (ddl, rows) in tables.items()
    }
