"""python -m superset_kpi"""

from superset_kpi.cli import main

if __name__ == "__main__":
    main()
