"""Warehouses that nobody has mapped: the six strangers', five well-known samples, three made up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from tests.init.more_warehouses import MORE
from tests.init.rows import CHANCE, Rows, day, iso, one_of, write
from tests.strangers.warehouses import STRANGERS, load


def olist() -> Rows:
    """The marketplace's tables, by the names of their files."""
    customers = [
        (
            f"c{n:04d}",
            f"p{n % 330:04d}",
            10_000 + n % 90,
            f"cidade {n % 40}",
            one_of("SP", "RJ", "MG"),
        )
        for n in range(400)
    ]
    orders, payments, items, reviews = [], [], [], []
    for n in range(400):
        bought = day("2017-01-05", "2018-08-20")
        status = "canceled" if n % 40 == 0 else "delivered"
        orders.append(
            (
                f"o{n:04d}",
                f"c{n:04d}",
                status,
                bought,
                bought,
                bought,
                bought + dt.timedelta(9),
                bought,
            )
        )
        price = round(CHANCE.uniform(10, 300), 2)
        payments.append((f"o{n:04d}", 1, one_of("credit_card", "boleto"), 1, price + 12.5))
        items.append((f"o{n:04d}", 1, f"pr{n % 60}", f"s{n % 9}", bought, price, 12.5))
        reviews.append(
            (
                f"r{n:04d}",
                f"o{n:04d}",
                one_of(1, 3, 4, 5, 5),
                None,
                one_of("bom", None),
                bought,
                bought,
            )
        )
    return {
        "olist_customers_dataset": (
            "customer_id varchar, customer_unique_id varchar, customer_zip_code_prefix integer, "
            "customer_city varchar, customer_state varchar",
            customers,
        ),
        "olist_orders_dataset": (
            "order_id varchar, customer_id varchar, order_status varchar, "
            "order_purchase_timestamp timestamp, order_approved_at timestamp, "
            "order_delivered_carrier_date timestamp, order_delivered_customer_date timestamp, "
            "order_estimated_delivery_date timestamp",
            orders,
        ),
        "olist_order_payments_dataset": (
            "order_id varchar, payment_sequential integer, payment_type varchar, "
            "payment_installments integer, payment_value double",
            payments,
        ),
        "olist_order_items_dataset": (
            "order_id varchar, order_item_id integer, product_id varchar, seller_id varchar, "
            "shipping_limit_date timestamp, price double, freight_value double",
            items,
        ),
        "olist_order_reviews_dataset": (
            "review_id varchar, order_id varchar, review_score integer, "
            "review_comment_title varchar, review_comment_message varchar, "
            "review_creation_date timestamp, review_answer_timestamp timestamp",
            reviews,
        ),
    }


def chinook() -> Rows:
    """A record shop with all its keys declared."""
    countries = [f"Country {n}" for n in range(12)]
    customers = [
        (
            n,
            f"First {n}",
            f"Last {n}",
            None,
            f"{n} Street",
            one_of(*countries),
            f"c{n}@x.org",
            3 + n % 3,
        )
        for n in range(1, 60)
    ]
    invoices = [
        (
            n,
            1 + n % 59,
            iso(day("2009-01-01", "2013-12-22")),
            one_of("SP", "CA"),
            one_of(0.99, 3.96, 8.91),
        )
        for n in range(1, 413)
    ]
    lines = [(n, 1 + n % 412, 1 + n % 30, 0.99, 1) for n in range(1, 900)]
    return {
        "Employee": (
            "EmployeeId integer primary key, LastName nvarchar(20), Title nvarchar(30), "
            "ReportsTo integer references Employee(EmployeeId), BirthDate "
            "datetime, HireDate datetime",
            [
                (n, f"E{n}", one_of("Rep", "Manager"), 1, "1970-01-01", "2003-01-01")
                for n in range(1, 9)
            ],
        ),
        "Customer": (
            "CustomerId integer primary key, FirstName nvarchar(40), LastName nvarchar(20), "
            "Company nvarchar(80), Address nvarchar(70), Country nvarchar(40), Email nvarchar(60), "
            "SupportRepId integer references Employee(EmployeeId)",
            customers,
        ),
        "Invoice": (
            "InvoiceId integer primary key, CustomerId integer references Customer(CustomerId), "
            "InvoiceDate datetime, BillingState nvarchar(40), Total numeric(10,2)",
            invoices,
        ),
        "Track": (
            "TrackId integer primary key, Name nvarchar(200), Milliseconds integer, "
            "Bytes integer, UnitPrice numeric(10,2)",
            [(n, f"Track {n}", 200_000 + n, 5_000_000 + n, 0.99) for n in range(1, 31)],
        ),
        "InvoiceLine": (
            "InvoiceLineId integer primary key, InvoiceId integer references Invoice(InvoiceId), "
            "TrackId integer references Track(TrackId), UnitPrice numeric(10,2), Quantity integer",
            lines,
        ),
        "Playlist": ("PlaylistId integer primary key, Name nvarchar(120)", [(1, "a"), (2, "b")]),
    }


def northwind() -> Rows:
    """Orders without an amount, lines with price, quantity and discount, names with spaces."""
    keys = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}FKI" for n in range(90)]
    customers = [
        (
            k,
            f"Company {k}",
            f"Contact {k}",
            one_of("Owner", "Buyer"),
            f"City {n % 60}",
            one_of("BC", "WA", None),
            f"{n:05d}",
            one_of("Germany", "France", "UK", "USA"),
            f"030-{n}",
        )
        for n, k in enumerate(keys)
    ]
    orders = []
    for n in range(10248, 11078):
        bought = day("1996-07-04", "1998-05-06")
        orders.append(
            (
                n,
                keys[n % 90],
                1 + n % 9,
                iso(bought),
                iso(bought + dt.timedelta(28)),
                iso(bought + dt.timedelta(7)),
                1 + n % 3,
                round(CHANCE.uniform(1, 200), 2),
            )
        )
    lines = [
        (o[0], p, one_of(4.5, 18.0, 34.8), one_of(1, 5, 12, 40), one_of(0.0, 0.0, 0.05, 0.15))
        for o in orders
        for p in CHANCE.sample(range(1, 20), 2)
    ]
    return {
        "Customers": (
            "CustomerID text primary key, CompanyName text, ContactName text, ContactTitle text, "
            "City text, Region text, PostalCode text, Country text, Phone text",
            customers,
        ),
        "Employees": (
            "EmployeeID integer primary key, LastName text, FirstName text, BirthDate datetime",
            [(n, f"L{n}", f"F{n}", "1960-01-01") for n in range(1, 10)],
        ),
        "Shippers": (
            "ShipperID integer primary key, CompanyName text",
            [(n, f"S{n}") for n in (1, 2, 3)],
        ),
        "Products": (
            "ProductID integer primary key, ProductName text, UnitPrice numeric, "
            "UnitsInStock integer, "
            "Discontinued text",
            [(n, f"P{n}", 18.0, n, "0") for n in range(1, 20)],
        ),
        "Orders": (
            "OrderID integer primary key, CustomerID text references Customers(CustomerID), "
            "EmployeeID integer references Employees(EmployeeID), OrderDate datetime, "
            "RequiredDate datetime, ShippedDate datetime, "
            "ShipVia integer references Shippers(ShipperID), Freight numeric",
            orders,
        ),
        "Order Details": (
            "OrderID integer references Orders(OrderID), ProductID integer references "
            "Products(ProductID), UnitPrice numeric, Quantity integer, Discount real, "
            "primary key (OrderID, ProductID)",
            lines,
        ),
    }


def jaffle() -> Rows:
    """The newer tutorial shop: whole cents, no keys declared."""
    customers = [(f"u{n:03d}", f"Name {n}") for n in range(150)]
    orders = []
    for n in range(700):
        subtotal = one_of(600, 1100, 1400, 1825)
        tax = round(subtotal * 0.06)
        moment = day("2024-09-01", "2025-08-31")
        orders.append((f"o{n:04d}", f"u{n % 150:03d}", moment, "s1", subtotal, tax, subtotal + tax))
    items = [(f"i{n:05d}", f"o{n % 700:04d}", f"JAF-{n % 5}") for n in range(900)]
    return {
        "raw_customers": ("id varchar, name varchar", customers),
        "raw_orders": (
            "id varchar, customer varchar, ordered_at timestamp, store_id varchar, "
            "subtotal integer, tax_paid integer, order_total integer",
            orders,
        ),
        "raw_items": ("id varchar, order_id varchar, sku varchar", items),
        "raw_products": (
            "sku varchar, name varchar, type varchar, price integer, description varchar",
            [(f"JAF-{n}", f"P{n}", one_of("jaffle", "beverage"), 1100, "tasty") for n in range(5)],
        ),
        "raw_stores": (
            "id varchar, name varchar, opened_at timestamp, tax_rate double",
            [("s1", "Philadelphia", dt.datetime(2024, 9, 1), 0.06)],
        ),
    }


WORDS = (
    "1 - Sehr unzufrieden",
    "2 - Unzufrieden",
    "3 - Teils, teils",
    "4 - Zufrieden",
    "5 - Sehr zufrieden",
)


def versand() -> Rows:
    """German names, ISO days as text, a scale in words, cancelled orders."""
    customers = [
        (
            n,
            f"Vor{n}",
            f"Nach{n}",
            one_of("Privat", "Gewerbe", "Behörde"),
            one_of("Bayern", "Hessen", "Berlin"),
            iso(day("2022-01-01", "2024-12-31")),
        )
        for n in range(1001, 1301)
    ]
    orders = [
        (
            n,
            1001 + CHANCE.randrange(300),
            day("2024-06-01", "2026-10-30").date().isoformat(),
            round(CHANCE.uniform(8, 400), 2),
            round(CHANCE.uniform(3, 8), 2),
            one_of("Versendet", "Versendet", "Geliefert", "Storniert"),
        )
        for n in range(50_001, 51_001)
    ]
    survey = [
        (
            n,
            1001 + CHANCE.randrange(300),
            iso(day("2025-01-01", "2026-10-30")),
            one_of(*WORDS),
            one_of(0, 3, 7, 8, 9, 10, None),
            one_of("Brief", "E-Mail"),
            one_of("alles gut", "zu spät", None),
        )
        for n in range(1, 801)
    ]
    return {
        "Kunden": (
            "KundenNr integer primary key, Vorname text, Nachname text, Kundengruppe text, "
            "Bundesland text, AngelegtAm text",
            customers,
        ),
        "Bestellungen": (
            "BestellNr integer primary key, KundenNr integer, Bestelldatum text, "
            "Gesamtbetrag real, Versandkosten real, Status text",
            orders,
        ),
        "Umfrage": (
            "UmfrageNr integer primary key, KundenNr integer, BeantwortetAm text, "
            "Zufriedenheit text, "
            "Weiterempfehlung integer, Kanal text, Kommentar text",
            survey,
        ),
        "Artikel": (
            "ArtikelNr integer primary key, Bezeichnung text, Preis real, Lagerbestand integer",
            [(n, f"Artikel {n}", 9.99, n) for n in range(1, 50)],
        ),
        "Mitarbeiter": (
            "PersonalNr integer primary key, Nachname text",
            [(n, f"M{n}") for n in range(9)],
        ),
    }


def loja() -> Rows:
    """Portuguese names, a rating of each order, contracts with a monthly amount."""
    customers = [
        (
            n,
            f"Nome {n}",
            f"{n:011d}",
            one_of("SP", "RJ", "PR"),
            one_of("Varejo", "Atacado"),
            day("2023-01-01", "2024-12-31").date(),
        )
        for n in range(1, 251)
    ]
    orders, reviews = [], []
    for n in range(1, 901):
        moment = day("2025-01-01", "2026-10-30")
        status = one_of("entregue", "entregue", "enviado", "cancelado")
        orders.append((n, 1 + n % 250, moment, round(CHANCE.uniform(20, 500), 2), 15.0, status))
        if n % 2:
            reviews.append(
                (n, n, one_of(1, 2, 4, 5), one_of("ótimo", None), moment + dt.timedelta(3))
            )
    contracts = []
    for n in range(1, 121):
        start = day("2024-01-01", "2026-05-01").date()
        end = start + dt.timedelta(CHANCE.randrange(30, 160)) if n % 3 == 0 else None
        contracts.append((n, n, start, end, one_of(29.9, 59.9), one_of("Básico", "Completo")))
    return {
        "clientes": (
            "id_cliente integer, nome varchar, cpf varchar, uf varchar, segmento varchar, "
            "data_cadastro date",
            customers,
        ),
        "pedidos": (
            "id_pedido integer, id_cliente integer, data_pedido timestamp, valor_total double, "
            "frete double, situacao varchar",
            orders,
        ),
        "avaliacoes": (
            "id_avaliacao integer, id_pedido integer, nota integer, comentario varchar, "
            "data_resposta timestamp",
            reviews,
        ),
        "assinaturas": (
            "id_assinatura integer, id_cliente integer, data_inicio date, data_fim date, "
            "valor_mensal double, plano varchar",
            contracts,
        ),
        "produtos": (
            "id_produto integer, nome varchar, preco double, quantidade integer",
            [(n, f"Produto {n}", 10.5, n) for n in range(1, 40)],
        ),
    }


def cloud() -> Rows:
    """Odd names: epoch seconds, a long survey, test accounts, and tables about something else."""
    accounts = [
        (
            f"acc_{n:04d}",
            int(day("2023-01-01", "2025-06-01").timestamp()),
            one_of("free", "pro", "max"),
            f"host{n}.example",
            n % 50 == 0,
        )
        for n in range(220)
    ]
    charges = [
        (
            f"ch_{n:05d}",
            f"acc_{CHANCE.randrange(220):04d}",
            int(day("2025-01-01", "2026-10-30").timestamp()),
            one_of(990, 4990, 14990),
            "usd",
            one_of("succeeded", "succeeded", "failed"),
        )
        for n in range(800)
    ]
    steps = {
        "Likelihood to recommend": (0, 6, 8, 9, 10),
        "Ease of use": (1, 4, 6, 7),
        "Value for money": (1, 3, 4, 5),
    }
    answers = []
    for n in range(900):
        question = one_of(*steps)
        answers.append(
            (
                n,
                f"acc_{CHANCE.randrange(220):04d}",
                question,
                one_of(*steps[question]),
                day("2026-01-01", "2026-10-30"),
            )
        )
    logs = [
        (n, f"acc_{n % 220:04d}", day("2026-01-01", "2026-10-30"), one_of("login", "export"), 200)
        for n in range(500)
    ]
    return {
        "t_account": (
            "account_key varchar, created_ts bigint, tier varchar, hostname "
            "varchar, is_test boolean",
            accounts,
        ),
        "f_charge": (
            "charge_key varchar, account_key varchar, paid_ts bigint, amount_cents bigint, "
            "currency_code varchar, status varchar",
            charges,
        ),
        "survey_answers": (
            "answer_no integer, account_key varchar, question varchar, score integer, "
            "answered_at timestamp",
            answers,
        ),
        "audit_log": (
            "log_no integer, account_key varchar, logged_at timestamp, action "
            "varchar, code integer",
            logs,
        ),
        "feature_flags": ("flag varchar, level integer", [("a", 1), ("b", 3)]),
    }


MADE: dict[str, tuple[str, Callable[[], Rows]]] = {
    "olist": ("duckdb", olist),
    "chinook": ("sqlite", chinook),
    "northwind": ("sqlite", northwind),
    "jaffle": ("duckdb", jaffle),
    "versand": ("sqlite", versand),
    "loja": ("duckdb", loja),
    "cloud": ("duckdb", cloud),
    **MORE,
}
# The strangers on engines that run in the test's own process.
ENGINES = {
    "harbour": "duckdb",
    "ledgerly": "duckdb",
    "klinik": "sqlite",
    "toasty": "duckdb",
    "vinyl": "sqlite",
    "panel": "duckdb",
    **{name: engine for name, (engine, _) in MADE.items()},
}


def build(name: str, folder: Path) -> str:
    """Writes a warehouse; returns its URL."""
    engine = ENGINES[name]
    path = folder / f"{name}.{engine}"
    url = f"{engine}:///{path}"
    if name in STRANGERS:
        load(STRANGERS[name], url)
        return url
    CHANCE.seed(17)
    write(engine, path, MADE[name][1]())
    return url
