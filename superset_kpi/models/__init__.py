"""Customer-base models: arrays in, arrays out, nothing of this package imported.

bg_nbd, mbg_nbd    purchases to come from frequency, recency and age (not under contract)
gamma_gamma        spend per purchase
sbg                retention and residual lifetime of subscriptions
lifetime_value     purchases and spend put together, discounted month by month
series, surface,   the same numbers as plain coefficients, for SQL: a series, a polynomial, and a
discount           few horizons that stand for all months
backtest           forecast, naive rate and what really happened, side by side

Inside this package the papers' symbols are used: x repeat purchases (frequency), t_x age at the
last purchase (recency), T age at the end of observation, m mean spend of the repeat purchases.
Times share one unit, weeks in all defaults.
"""
