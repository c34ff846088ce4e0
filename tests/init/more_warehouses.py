"""More warehouses that nobody has mapped: shapes and languages that the others lack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tests.init.rows import CHANCE, Rows, day, iso, one_of


def pagila() -> Rows:
    """The film rental: payments beside rentals, a film's rating that is none of a customer."""
    staff = [(n, f"S{n}", 1) for n in (1, 2)]
    customers = [
        (n, 1 + n % 2, f"F{n}", f"L{n}", f"c{n}@x.org", n, True, day("2005-01-01", "2006-02-14"))
        for n in range(1, 300)
    ]
    rentals, payments = [], []
    for n in range(1, 900):
        moment, who = day("2005-05-24", "2006-02-14"), 1 + n % 299
        rentals.append((n, moment, 1 + n % 80, who, moment + dt.timedelta(4), 1 + n % 2))
        payments.append((n, who, 1 + n % 2, n, one_of(0.99, 2.99, 4.99), moment))
    return {
        "customer": (
            "customer_id integer primary key, store_id integer, first_name varchar, "
            "last_name varchar, email varchar, address_id integer, activebool boolean, "
            "create_date timestamp",
            customers,
        ),
        "staff": ("staff_id integer primary key, first_name varchar, store_id integer", staff),
        "film": (
            "film_id integer primary key, title varchar, release_year integer, "
            "rental_duration integer, rental_rate double, length integer, rating varchar",
            [(n, f"Film {n}", 2006, 3 + n % 5, 2.99, 90, one_of("PG", "G")) for n in range(1, 50)],
        ),
        "rental": (
            "rental_id integer primary key, rental_date timestamp, inventory_id integer, "
            "customer_id integer, return_date timestamp, staff_id integer",
            rentals,
        ),
        "payment": (
            "payment_id integer primary key, customer_id integer, staff_id integer, "
            "rental_id integer, amount double, payment_date timestamp",
            payments,
        ),
    }


def woocommerce() -> Rows:
    """A shop's analytics tables, beside the users of its site."""
    users = [
        (n, f"u{n}", f"u{n}@x.org", iso(day("2023-01-01", "2024-01-01"))) for n in range(1, 150)
    ]
    customers = [
        (
            n,
            n if n < 150 else None,
            f"F{n}",
            f"u{n}@x.org",
            iso(day("2026-01-01", "2026-10-01")),
            iso(day("2023-01-01", "2024-01-01")),
            one_of("DE", "FR"),
            f"{n:05d}",
            f"City {n}",
            one_of("BY", "NW"),
        )
        for n in range(1, 200)
    ]
    orders = []
    for n in range(1001, 1801):
        moment, net = iso(day("2024-06-01", "2026-10-01")), round(CHANCE.uniform(10, 90), 2)
        orders.append(
            (
                n,
                0,
                moment,
                moment,
                1 + n % 3,
                round(net * 1.19 + 4.9, 2),
                round(net * 0.19, 2),
                4.9,
                net,
                n % 2,
                one_of("wc-completed", "wc-completed", "wc-processing", "wc-cancelled"),
                1 + n % 199,
            )
        )
    lines = [(n, o[0], 1 + n % 40, o[11], o[2], 1, o[8]) for n, o in enumerate(orders, 1)]
    return {
        "wp_users": (
            "ID integer primary key, user_login text, user_email text, user_registered text",
            users,
        ),
        "wp_wc_customer_lookup": (
            "customer_id integer primary key, user_id integer, first_name text, email text, "
            "date_last_active text, date_registered text, country text, postcode text, city text, "
            "state text",
            customers,
        ),
        "wp_wc_order_stats": (
            "order_id integer primary key, parent_id integer, date_created text, date_paid text, "
            "num_items_sold integer, total_sales real, tax_total real, shipping_total real, "
            "net_total real, returning_customer integer, status text, customer_id integer",
            orders,
        ),
        "wp_wc_order_product_lookup": (
            "order_item_id integer primary key, order_id integer, product_id integer, "
            "customer_id integer, date_created text, product_qty integer, product_net_revenue real",
            lines,
        ),
    }


def club() -> Rows:
    """French names, three questions a row."""
    members = [
        (
            n,
            f"Nom {n}",
            f"Pre {n}",
            one_of("Basique", "Premium"),
            one_of("Paris", "Lyon", "Nantes"),
            day("2022-01-01", "2024-06-01").date(),
        )
        for n in range(500, 760)
    ]
    bills = [
        (
            n,
            500 + CHANCE.randrange(260),
            day("2024-06-01", "2026-10-01").date(),
            one_of(19.9, 39.9, 59.9),
            3.3,
        )
        for n in range(1, 900)
    ]
    answers = [
        (
            n,
            500 + CHANCE.randrange(260),
            day("2025-06-01", "2026-10-01"),
            one_of(1, 2, 4, 5),
            one_of(0, 5, 8, 9, 10),
            one_of(1, 3, 6, 7),
            one_of("très bien", None),
        )
        for n in range(1, 700)
    ]
    return {
        "adherents": (
            "num_adherent integer, nom varchar, prenom varchar, formule varchar, "
            "ville_club varchar, "
            "date_inscription date",
            members,
        ),
        "factures": (
            "num_facture integer, num_adherent integer, date_facture date, "
            "montant_ttc double, tva double",
            bills,
        ),
        "enquetes": (
            "id integer, num_adherent integer, date_reponse timestamp, note_satisfaction integer, "
            "recommandation integer, effort integer, commentaire varchar",
            answers,
        ),
    }


def tienda() -> Rows:
    """Spanish names with codes and prefixes."""
    customers = [
        (
            f"C{n:05d}",
            f"Nombre {n}",
            one_of("Sevilla", "Cádiz", "Jaén"),
            one_of("Hostelería", "Comercio"),
            day("2022-01-01", "2024-06-01"),
        )
        for n in range(220)
    ]
    sales = [
        (
            n,
            f"C{CHANCE.randrange(220):05d}",
            day("2024-06-01", "2026-10-01"),
            round(CHANCE.uniform(5, 300), 2),
            one_of("web", "tienda"),
            one_of("Completada", "Completada", "Anulada"),
        )
        for n in range(1, 900)
    ]
    answers = [
        (
            n,
            f"C{CHANCE.randrange(220):05d}",
            day("2025-06-01", "2026-10-01"),
            one_of(1, 4, 7, 9, 10),
            one_of("bien", None),
            one_of("web", "correo"),
        )
        for n in range(1, 500)
    ]
    return {
        "tbl_clientes": (
            "cod_cliente varchar, nombre varchar, provincia varchar, sector "
            "varchar, fecha_alta timestamp",
            customers,
        ),
        "tbl_ventas": (
            "cod_venta integer, cod_cliente varchar, fecha_venta timestamp, importe double, "
            "canal varchar, estado varchar",
            sales,
        ),
        "tbl_encuestas": (
            "cod_encuesta integer, cod_cliente varchar, fecha_respuesta timestamp, "
            "puntuacion integer, comentario varchar, canal varchar",
            answers,
        ),
    }


def sales_cloud() -> Rows:
    """Accounts, opportunities of which some are won, cases with a satisfaction."""
    ids = [f"001{n:012d}" for n in range(200)]
    owners = [f"005{n:012d}" for n in range(6)]
    accounts = [
        (
            i,
            f"Company {n}",
            one_of("Retail", "Energy"),
            one_of("Customer", "Partner"),
            one_of("US", "CA"),
            day("2022-01-01", "2024-01-01"),
            False,
            one_of(*owners),
        )
        for n, i in enumerate(ids)
    ]
    deals = []
    for n in range(600):
        stage, made = (
            one_of("Closed Won", "Closed Won", "Closed Lost", "Prospecting"),
            day("2024-01-01", "2026-06-01"),
        )
        deals.append(
            (
                f"006{n:012d}",
                one_of(*ids),
                f"Deal {n}",
                stage,
                one_of(1200.0, 5500.5, 9800.0),
                (made + dt.timedelta(60)).date(),
                made,
                stage == "Closed Won",
                one_of(*owners),
            )
        )
    cases = []
    for n in range(500):
        made = day("2025-01-01", "2026-10-01")
        cases.append(
            (
                f"500{n:012d}",
                one_of(*ids),
                made,
                made + dt.timedelta(2),
                one_of("High", "Low"),
                "Closed",
                one_of(1, 3, 4, 5, None),
                one_of("Phone", "Web"),
            )
        )
    return {
        "Account": (
            "Id varchar, Name varchar, Industry varchar, Type varchar, BillingCountry varchar, "
            "CreatedDate timestamp, IsDeleted boolean, OwnerId varchar",
            accounts,
        ),
        "Opportunity": (
            "Id varchar, AccountId varchar, Name varchar, StageName varchar, Amount double, "
            "CloseDate date, CreatedDate timestamp, IsWon boolean, OwnerId varchar",
            deals,
        ),
        "Case": (
            "Id varchar, AccountId varchar, CreatedDate timestamp, ClosedDate timestamp, "
            "Priority varchar, Status varchar, CSAT__c integer, Origin varchar",
            cases,
        ),
        "User": (
            "Id varchar, Name varchar, Department varchar",
            [(i, f"Rep {n}", one_of("East", "West")) for n, i in enumerate(owners)],
        ),
    }


def insurer() -> Rows:
    """Names with spaces, contracts with a premium each month."""
    holders = [
        (n, f"Full {n}", one_of("North", "South", "West"), day("2019-01-01", "2023-01-01").date())
        for n in range(1, 260)
    ]
    policies = []
    for n in range(1, 400):
        start = day("2021-01-01", "2025-01-01").date()
        end = start + dt.timedelta(CHANCE.randrange(200, 500)) if n % 3 == 0 else None
        policies.append(
            (f"P-{n:05d}", 1 + n % 259, start, end, one_of(35.5, 80.0), one_of("Home", "Car"))
        )
    payments = [
        (
            n,
            one_of(*policies)[0],
            1 + n % 259,
            day("2024-01-01", "2026-10-01").date(),
            one_of(35.5, 80.0),
        )
        for n in range(1, 900)
    ]
    survey = [
        (
            n,
            1 + n % 259,
            day("2025-06-01", "2026-10-01"),
            one_of(0, 6, 7, 9, 10),
            one_of("Slow", None),
            one_of("SMS", "Mail"),
        )
        for n in range(1, 500)
    ]
    return {
        "Policy Holders": (
            '"Holder ID" integer, "Full Name" varchar, "Region Name" varchar, '
            '"Customer Since" date',
            holders,
        ),
        "Policies": (
            '"Policy No" varchar, "Holder ID" integer, "Start Date" date, "End Date" date, '
            '"Monthly Premium" double, "Product Line" varchar',
            policies,
        ),
        "Premium Payments": (
            '"Payment ID" integer, "Policy No" varchar, "Holder ID" integer, "Paid On" date, '
            '"Amount Paid" double',
            payments,
        ),
        "NPS Survey": (
            '"Response ID" integer, "Holder ID" integer, "Responded On" timestamp, '
            '"Likelihood To Recommend" integer, "Reason For Score" varchar, '
            '"Survey Channel" varchar',
            survey,
        ),
    }


MORE: dict[str, tuple[str, Callable[[], Rows]]] = {
    "pagila": ("duckdb", pagila),
    "woocommerce": ("sqlite", woocommerce),
    "club": ("duckdb", club),
    "tienda": ("duckdb", tienda),
    "sales_cloud": ("duckdb", sales_cloud),
    "insurer": ("duckdb", insurer),
}
