"""DynamoDB: expressions that AWS refuses are refused, and a table's time to live is applied and acted on in time."""

import threading
from importlib import import_module
from typing import Any

from infra.local.cloud.patches.source import Patch, Source, rewrite
from infra.local.cloud.settings import Settings

_MODULE = "ministack.services.dynamodb"
_EXPIRE_EVERY_SECONDS = 5
_BAD_OPERAND = "An operand in the update expression has an incorrect data type"
_NO_OPERAND = "The provided expression refers to an attribute that does not exist in the item"

Token = tuple[str, str]


def _install_update_checks(_settings: Settings) -> None:
    dynamodb: Any = import_module(_MODULE)

    def refuse_overlaps(clauses: dict[str, list[Token]], names: dict[str, str]) -> None:
        paths = []
        for clause, tokens in clauses.items():
            for part in dynamodb._split_by_comma(tokens):
                path = _path_tokens(clause, part)
                paths.append(tuple(map(str, dynamodb._parse_path_from_tokens(path, names))))
        for index, one in enumerate(paths):
            for two in paths[index + 1 :]:
                shorter = min(len(one), len(two))
                if one[:shorter] == two[:shorter]:
                    raise ValueError(
                        "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite "
                        f"one of these paths; path one: [{', '.join(one)}], path two: [{', '.join(two)}]"
                    )

    def refuse_operands(left: Any, right: Any) -> None:
        raise ValueError(_NO_OPERAND if left is None or right is None else _BAD_OPERAND)

    before = "    updated_attrs = set() if updated_attrs is None else updated_attrs\n"
    rewrite(
        f"{_MODULE}:_apply_update_expression",
        {before: "    _refuse_overlaps(clauses, attr_names)\n" + before},
        _refuse_overlaps=refuse_overlaps,
    )
    rewrite(
        f"{_MODULE}:_eval_set_value",
        {"            return left\n": "            _refuse_operands(left, right)\n"},
        _refuse_operands=refuse_operands,
    )


def _path_tokens(clause: str, part: list[Token]) -> list[Token]:
    """The tokens of an action's path: before `=` in SET, all in REMOVE, all but the value in ADD and DELETE."""
    if clause == "SET":
        kinds = [token[0] for token in part]
        return part[: kinds.index("EQ")] if "EQ" in kinds else part
    return part if clause == "REMOVE" else part[:-1]


def _install_filter_check(_settings: Settings) -> None:
    dynamodb: Any = import_module(_MODULE)
    query = dynamodb._query

    def checked(data: dict[str, Any]) -> Any:
        table = dynamodb._tables.get(dynamodb._normalize_table_name(data.get("TableName"))) or {}
        schema = table.get("KeySchema", [])
        for index in [*(table.get("GlobalSecondaryIndexes") or []), *(table.get("LocalSecondaryIndexes") or [])]:
            if index["IndexName"] == data.get("IndexName"):
                schema = index["KeySchema"]
        named = _top_level_names(dynamodb, data)
        for key in schema:
            if key["AttributeName"] in named:
                return dynamodb.error_response_json(
                    "ValidationException",
                    "Filter Expression can only contain non-primary key attributes: "
                    f"Primary key attribute: {key['AttributeName']}",
                    400,
                )
        return query(data)

    dynamodb._query = checked


def _top_level_names(dynamodb: Any, data: dict[str, Any]) -> set[str]:
    expression = data.get("FilterExpression")
    if not expression:
        return set()
    names = data.get("ExpressionAttributeNames") or {}
    try:
        tokens = dynamodb._tokenize(expression)
    except ValueError:
        return set()
    return {
        names.get(token[1], token[1])
        for before, token in zip([("", ""), *tokens], tokens, strict=False)
        if token[0] in ("IDENT", "NAME_REF") and before[0] != "DOT"
    }


def _install_time_to_live(_settings: Settings) -> None:
    dynamodb: Any = import_module(_MODULE)
    handlers: Any = import_module("ministack.services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handler = handlers["AWS::DynamoDB::Table"]
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        made = create(logical_id, properties, stack)
        _apply_time_to_live(dynamodb, made[0], properties)
        return made

    def updated(physical_id: str, old: Any, new: dict[str, Any], *where: Any, **more: Any) -> Any:
        made = update(physical_id, old, new, *where, **more)
        _apply_time_to_live(dynamodb, physical_id, new)
        return made

    handlers["AWS::DynamoDB::Table"] = {**handler, "create": created, "update": updated}


def _apply_time_to_live(dynamodb: Any, table: str, properties: dict[str, Any]) -> None:
    asked = properties.get("TimeToLiveSpecification")
    if asked and table in dynamodb._tables:
        enabled = str(asked.get("Enabled", True)).lower() == "true"
        dynamodb._update_ttl(
            {
                "TableName": table,
                "TimeToLiveSpecification": {"AttributeName": asked["AttributeName"], "Enabled": enabled},
            }
        )


def _install_expiry(_settings: Settings) -> None:
    """The loop runs since the module was imported, in its first pause; a second one starts beside it."""
    dynamodb: Any = import_module(_MODULE)
    rewrite(f"{_MODULE}:_ttl_reaper", {"time.sleep(60)": f"time.sleep({_EXPIRE_EVERY_SECONDS})"})
    threading.Thread(target=dynamodb._ttl_reaper, daemon=True, name="dynamodb-expiry").start()


PATCHES = (
    Patch(
        name="update-expressions",
        mends=(
            "Overlapping paths were accepted, and arithmetic on a missing or non-number attribute was silently skipped."
        ),
        replaces=(
            Source(
                "ministack.services.dynamodb:_apply_update_expression",
                "ffd488974842767c6a0a40034487594549bc2f2864a0ac43393891c49531f11d",
            ),
            Source(
                "ministack.services.dynamodb:_eval_set_value",
                "cb7d09959b29383834522f4d6e92bc74949f4624b92e0013931a237d37e037b9",
            ),
            Source(
                "ministack.services.dynamodb:_split_by_comma",
                "5bbb6c2a3634629be34eabdb3b78fbc2620880c3f1f06d506373dc4c0e4b394b",
            ),
            Source(
                "ministack.services.dynamodb:_parse_path_from_tokens",
                "2e35ac68b0973f9d077ec17f8d943fd01bd630e6af0ede3c675d40e9dcbf88a8",
            ),
        ),
        apply=_install_update_checks,
    ),
    Patch(
        name="filter-on-key",
        mends="A Query's filter could name a key attribute.",
        replaces=(
            Source(
                "ministack.services.dynamodb:_tokenize",
                "6abb13395c3ee7b6bed700d93698f366a293827c83e24558ca8f7a43e06cd066",
            ),
            Source(
                "ministack.services.dynamodb:_normalize_table_name",
                "904f676618e44f7bc9eb72ff535b8403d24ee2d02beb34fa804c25510dd44c30",
            ),
        ),
        apply=_install_filter_check,
    ),
    Patch(
        name="time-to-live",
        mends="CloudFormation's TimeToLiveSpecification was ignored.",
        replaces=(
            Source(
                "ministack.services.cloudformation.provisioners:_ddb_create",
                "277586e016c693bd24c48e035ce2462bc8a6a2a7bad88531b3282eb881aa2d8d",
            ),
            Source(
                "ministack.services.cloudformation.provisioners:_ddb_update",
                "0665980ffdd064916e0e92c990a498d09b787ca0c11a08a77293773f9fe80bc7",
            ),
            Source(
                "ministack.services.dynamodb:_update_ttl",
                "e8243a4fbbb8997d50df7a01ceccf9841238b74356b22756a0c1cd71c8dc1056",
            ),
        ),
        apply=_install_time_to_live,
    ),
    Patch(
        name="expiry",
        mends="Expired items stayed for up to a minute, too long for codes and tickets in a local test.",
        replaces=(
            Source(
                "ministack.services.dynamodb:_ttl_reaper",
                "66841bfd60279dd7a992068c2507c2fce8791c33c4a28d754b2e66a819cf0933",
            ),
        ),
        apply=_install_expiry,
    ),
)
