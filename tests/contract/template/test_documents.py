"""Every error, setting and event is in docs/, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from infra.error_list import document
from sealmate import errors, events
from tests.contract.template.sources import CORE, calls_in, literal, python_files, rows
from tests.template import ROOT, resources, template

ERRORS = {name: kind for name, kind in errors.BY_NAME.items() if kind is not errors.SealmateError}
EVENTS = {name: kind for name, kind in vars(events).items() if isinstance(kind, type) and "type" in _fields(kind)}


def _fields(kind: type) -> dict[str, object]:
    return getattr(kind, "model_fields", {})
