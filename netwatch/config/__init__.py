"""The operator's configuration: one YAML file to one frozen `Config`.

In: the path of `netwatch.yaml`. Out: `load` gives a `Config` with the settings of every stage, `load_files` that with
all it names, `check` a
report of all faults, warnings and the time budget, `schema` the JSON Schema for editors.
Invariants: every setting is defined once, by its stage; relative paths start at the file's directory;
secrets are named by file and never held here.
"""

from netwatch.config.budget import Budget, budget
from netwatch.config.checking import CheckReport, check
from netwatch.config.loading import Config, Files, load, load_files
from netwatch.config.reference import schema

__all__ = ["Budget", "CheckReport", "Config", "Files", "budget", "check", "load", "load_files", "schema"]
