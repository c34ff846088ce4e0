"""The shortest Superset configuration that works with superset-kpi.

Superset itself reads SUPERSET_SECRET_KEY, SUPERSET_HOME and SUPERSET__SQLALCHEMY_DATABASE_URI from
the environment, so that the demo, the tests and the containers all run on this one file.
"""

import os

from superset_kpi.superset import configure

if "SUPERSET_CACHE_URL" in os.environ:  # without it charts are not cached
    DATA_CACHE_CONFIG = {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": os.environ["SUPERSET_CACHE_URL"],
        "CACHE_KEY_PREFIX": "superset_data_",
        "CACHE_DEFAULT_TIMEOUT": 24 * 60 * 60,
    }

configure(globals())
