"""The five tables are as the adapters expect them: keys, indexes, what is forgotten and what can be restored."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from pynamodb.attributes import Attribute

from tests.contract.template.sources import CORE, calls_in, literal
from tests.template import Json, pascal, resources, template

TABLES = resources("AWS::DynamoDB::Table")
_TYPES = {"UnicodeAttribute": "S", "NumberAttribute": "N"}


def _models() -> dict[str, list[Any]]:
    """PynamoDB's models by the table that `wiring` binds them to."""
    modules = [
        import_module(f"sealmate.adapters.dynamodb.{name}") for name in ("items", "account_items", "provider_keys")
    ]
    found: dict[str, list[Any]] = {name: [] for name in TABLES}
    for call in calls_in(CORE / "sealmate"):
        if getattr(call.func, "id", "") == "bind":
            (variable,) = [literal(given.value) for given in call.keywords]
            names = [getattr(given, "id", "") for given in call.args]
            found[_table_of(str(variable))] += [
                getattr(module, n) for n in names for module in modules if hasattr(module, n)
            ]
    return found


def _table_of(variable: str) -> str:
    name: str = template()["Globals"]["Function"]["Environment"]["Variables"][variable]["Ref"]
    assert name == pascal(variable.lower())
    return name


MODELS = _models()


def _keys(schema: list[Json]) -> dict[str, str]:
    return {key["KeyType"]: key["AttributeName"] for key in schema}


@pytest.mark.parametrize("table", TABLES)
def test_keys_and_indexes_are_the_models(table: str) -> None:
    properties = TABLES[table]["Properties"]
    assert MODELS[table]
    assert _keys(properties["KeySchema"]) == {"HASH": "pk", "RANGE": "sk"}
    indexes = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}
    wanted = {i.Meta.index_name: i for model in MODELS[table] for i in model._indexes.values()}
    assert set(indexes) == set(wanted)
    types = {"pk": "S", "sk": "S"}
    for name, index in wanted.items():
        attributes = [a for a in vars(type(index)).values() if isinstance(a, Attribute)]
        hash_key, range_key = (
            next(a for a in attributes if getattr(a, kind)) for kind in ("is_hash_key", "is_range_key")
        )
        assert _keys(indexes[name]["KeySchema"]) == {"HASH": hash_key.attr_name, "RANGE": range_key.attr_name}
        assert indexes[name]["Projection"] == {"ProjectionType": index.Meta.projection.projection_type}
        types |= {a.attr_name: _TYPES[type(a).__name__] for a in (hash_key, range_key)}
    assert {a["AttributeName"]: a["AttributeType"] for a in properties["AttributeDefinitions"]} == types


@pytest.mark.parametrize("table", TABLES)
def test_rows_with_an_end_are_deleted_at_it(table: str) -> None:
    short_lived = any("ttl" in model.get_attributes() for model in MODELS[table])
    specification = TABLES[table]["Properties"].get("TimeToLiveSpecification")
    assert specification == ({"AttributeName": "ttl", "Enabled": True} if short_lived else None)


@pytest.mark.parametrize("table", TABLES)
def test_what_lasts_can_be_restored_and_outlives_the_stack(table: str) -> None:
    """A table lasts if any of its rows has no end."""
    lasting = not all("ttl" in model.get_attributes() for model in MODELS[table])
    made = TABLES[table]
    restorable = made["Properties"].get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
    assert restorable == lasting
    assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == ("Retain" if lasting else "Delete")


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_on_demand_and_encrypted(table: str) -> None:
    properties = TABLES[table]["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert "TableName" not in properties, "CloudFormation can replace what it named itself"


def test_keys_outlive_the_stack() -> None:
    for key in resources("AWS::KMS::Key").values():
        assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"
