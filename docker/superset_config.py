"""The shortest Superset configuration that works with superset-kpi.

It takes everything that differs between machines from the environment, so that the demo, the
tests and the containers run on this one file.
"""

import os

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]

if "SUPERSET_METADATA_URL" in os.environ:  # without it: a SQLite file in SUPERSET_HOME
    SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA_URL"]

if "SUPERSET_CACHE_URL" in os.environ:  # without it: no cache for charts
    DATA_CACHE_CONFIG = {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": os.environ["SUPERSET_CACHE_URL"],
        "CACHE_KEY_PREFIX": "superset_data_",
        "CACHE_DEFAULT_TIMEOUT": 24 * 60 * 60,
    }

from superset_kpi.superset import configure  # noqa: E402

configure(globals())
