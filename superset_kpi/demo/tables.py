"""The physical tables of the demo warehouse: the organisations' own names, not the logical ones."""

from __future__ import annotations

TELECOM = {
    "clients": "client_no integer, signed_up_on date, lead_source varchar, "
    "lead_cost decimal(10,2), country_name varchar, sector varchar, born_on date, "
    "is_test boolean",
    "group_catalogue": "grouping varchar, group_name varchar, position integer, "
    "owner_name varchar, reviewed_on date, review_every_months integer",
    "client_groups": "client_no integer, grouping varchar, group_name varchar, from_date date, "
    "until_date date",
    "survey": "answer_id integer, wave varchar, client_no integer, answered_at timestamp, "
    "contact_point varchar, stage varchar, asked_by varchar, handled_by varchar, "
    "q_value smallint, q_experience smallint, q_satisfaction smallint, q_nps smallint, "
    "q_csat smallint, q_ces smallint, remark varchar, is_void boolean",
    "survey_items": "item_id integer, answer_id integer, client_no integer, "
    "answered_at timestamp, wave varchar, item_code varchar, points smallint",
    "item_catalogue": "item_code varchar, item_name varchar, side varchar, component varchar, "
    "points_direction smallint, importance decimal(4,2), remedy varchar",
    "brand_study": "line_id integer, study varchar, panel_no varchar, client_no integer, "
    "asked_at timestamp, brand_name varchar, item_code varchar, points smallint",
    "brand_list": "brand_name varchar, is_ours boolean, price_index decimal(5,3)",
    "survey_invites": "invite_no integer, client_no integer, wave varchar, sent_at timestamp, "
    "answered_at timestamp",
    "payments": "payment_no integer, client_no integer, paid_at timestamp, total decimal(12,2), "
    "contribution decimal(12,2), currency_code varchar, sales_channel varchar, kind varchar, "
    "status varchar, is_test boolean",
    "contracts": "contract_no integer, client_no integer, plan_name varchar, "
    "monthly_fee decimal(10,2), begins_on date, ends_on date",
    "callbacks": "answer_id integer, raised_at timestamp, contacted_at timestamp, "
    "solved_at timestamp",
    "industry_norms": "kpi varchar, norm decimal(6,2), sector varchar, published_by varchar, "
    "published_on date, is_confirmed boolean",
    "goals": "kpi varchar, goal decimal(6,2), group_name varchar, set_by varchar, set_on date, "
    "is_confirmed boolean",
    "staff_pulse": "team_name varchar, quarter_begins_on date, engagement_index decimal(5,1)",
    "journey_log": "client_no integer, step varchar, happened_at timestamp",
    "programmes": "title varchar, starts_on date, ends_on date, group_name varchar",
    "market_news": "headline varchar, starts_on date, ends_on date, group_name varchar",
    "study_cards": "card_no varchar, feature varchar, option_name varchar",
    "card_points": "respondent_no varchar, card_no varchar, points smallint, group_name varchar",
    "card_choices": "respondent_no varchar, task_no varchar, card_no varchar, is_picked boolean, "
    "group_name varchar",
}

RETAIL = {
    "invoices": "invoice_no varchar, account_no integer, country_name varchar, "
    "invoiced_at timestamp, amount decimal(12,2), line_count integer, is_credit_note boolean",
    "accounts": "account_no integer, country_name varchar, first_invoiced_at timestamp",
    "account_markets": "account_no integer, market varchar",
    "markets": "market varchar, position integer",
}

CDNOW = {
    "purchases": "purchase_no integer, buyer_no integer, bought_on date, discs integer, "
    "value decimal(10,2)",
    "buyers": "buyer_no integer, master_no integer, first_bought_on date",
}

SCHEMAS = {"telecom": TELECOM, "retail": RETAIL, "cdnow": CDNOW}


def columns_of(schema: str, table: str) -> list[str]:
    """Returns the table's column names, in order."""
    return [column.split()[0] for column in SCHEMAS[schema][table].split(", ")]
