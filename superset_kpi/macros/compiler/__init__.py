"""A macro and a mapping -> SQL: `compiler.py` has the passes in the order in which they run.

A file that is named like a pass is one; the others are what several passes share.
"""
