"""Tables of well-known products, as their projects document them, with a few made-up rows."""

from __future__ import annotations

import datetime as dt

from tests.init.rows import Rows

T = dt.datetime(2026, 9, 1, 10)


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
            (1, 11, "ann", "Ann", "A", "ann@x.org", T, T, "DE", "", "", ""),
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
    return {name: (ddl.replace("{datetime}", word), rows) for name, (ddl, rows) in tables.items()}
