"""How long summary, fit and score of many customers take, in SQL and with the lifetimes package."""
