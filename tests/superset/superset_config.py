"""The configuration of the instance that these tests run in their own process."""

import os
from typing import Any

from superset.utils.log import AbstractEventLogger

from superset_kpi.superset import configure

_HOME = os.environ["SUPERSET_KPI_TEST_HOME"]


class _Silent(AbstractEventLogger):
    """Writes no log: Superset commits six entries for each chart that is read."""

    def log(self, *_: Any, **__: Any) -> None:
        pass


EVENT_LOGGER = _Silent()
SECRET_KEY = "only for tests, only for tests, only for tests"
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_HOME}/superset.db?check_same_thread=false"
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 3600}
FEATURE_FLAGS = {"RLS_IN_SQLLAB": True}
RATELIMIT_ENABLED = False
SQLLAB_TIMEOUT = 600  # the machine may be busy
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
CONTENT_SECURITY_POLICY_WARNING = False

configure(globals(), f"{_HOME}/kpi.yaml")
