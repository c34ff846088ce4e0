"""Warehouse -> parameters of the predictive models: grouped counts in, kpi.models.yaml out."""

from superset_kpi.fit.fitting import Options, fit
from superset_kpi.fit.models_file import write_models

__all__ = ["Options", "fit", "write_models"]
