"""Persistence: items are on disk before a write is answered, and saves do not grow with traffic."""

from importlib import import_module
from typing import Any

from infra.local.cloud.items import ItemStore
from infra.local.cloud.patches.source import Patch, Source, rewrite
from infra.local.cloud.settings import Settings

_EVENTS_KEPT = 2000


def _install_items(settings: Settings) -> None:
    dynamodb: Any = import_module("ministack.services.dynamodb")
    store = ItemStore(settings.state_dir / "items.sqlite")
    handle, put, remove, load = (
        dynamodb.handle_request,
        dynamodb._set_item,
        dynamodb._remove_item,
        dynamodb.load_persisted_state,
    )

    async def handled(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        with store.together():
            return await handle(method, path, headers, body, query)

    def stored(table: dict[str, Any], pk: str, sk: str, item: dict[str, Any]) -> Any:
        old = put(table, pk, sk, item)
        store.write(table["TableId"], [pk, sk], item)
        return old

    def removed(table: dict[str, Any], pk: str, sk: str) -> Any:
        old = remove(table, pk, sk)
        store.write(table["TableId"], [pk, sk], None)
        return old

    def loaded(data: dict[str, Any]) -> None:
        load(data)
        for table in dynamodb._tables.all_values():
            for (pk, sk), item in store.read(table["TableId"]):
                table["items"][pk][sk] = item
            dynamodb._items_replaced(table)
        store.keep_only({table["TableId"] for table in dynamodb._tables.all_values()})

    dynamodb.handle_request = handled
    dynamodb._set_item, dynamodb._remove_item = stored, removed
    dynamodb.load_persisted_state, dynamodb.get_state = loaded, lambda: _tables_without_items(dynamodb)


def _tables_without_items(dynamodb: Any) -> dict[str, Any]:
    tables = dynamodb.AccountRegionScopedDict()
    for (account, region, name), table in dynamodb._tables.all_items():
        kept = {key: value for key, value in table.items() if key != dynamodb._INDEX_MEMBERS}
        tables.set_scoped(account, region, name, {**kept, "items": {}})
    names = ("tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights")
    others = (*names, "backups", "resource_policies", "exports", "imports")
    return {"tables": tables, **{name: getattr(dynamodb, f"_{name}") for name in others}}


def _install_executions(_settings: Settings) -> None:
    states: Any = import_module("ministack.services.stepfunctions")
    names = ("tags", "activities", "state_machine_versions", "state_machine_aliases", "map_runs", "state_machines")

    def state() -> dict[str, Any]:
        executions = states.AccountRegionScopedDict()
        for (account, region, arn), execution in states._executions.all_items():
            executions.set_scoped(account, region, arn, {**execution, "events": []})
        return {"executions": executions, **{name: getattr(states, f"_{name}") for name in names}}

    states.get_state = state


def _install_logs(_settings: Settings) -> None:
    logs: Any = import_module("ministack.services.cloudwatch_logs")
    append = logs._append_log_events

    def bounded(stream: dict[str, Any], events: list[Any]) -> None:
        append(stream, events)
        with logs._log_events_lock:
            if len(stream["events"]) > 2 * _EVENTS_KEPT:
                del stream["events"][:-_EVENTS_KEPT]

    logs._append_log_events = bounded
    rewrite(
        "ministack.services.lambda_svc:_emit_lambda_logs",
        {"{new_uuid().replace('-', '')}": "{_stream_of(config)}"},
        _stream_of=_stream_of,
    )


def _stream_of(config: dict[str, Any]) -> str:
    """One stream a day and code version, where AWS has one a worker."""
    return str(config.get("CodeSha256", "")).encode().hex()[:32]


def _install_one_writer(_settings: Settings) -> None:
    app: Any = import_module("ministack.app")
    app.save_all = lambda _services: None  # snapshots.py writes, also at the end


PATCHES = (
    Patch(
        name="one-writer",
        mends="The save at shutdown also wrote a file for every unused service, each of which was imported at start.",
        replaces=(
            Source(
                "ministack.core.persistence:save_all",
                "ea253a04fd05447b9a3b6807a6fca0772d2783f3ce482fd68897bd13445b7c4d",
            ),
            Source(
                "ministack.core.persistence:_json_default",
                "495d9abe01cbca19d85482822ddfd83c298db38bbe92bcee237f13ae5018648c",
            ),
            Source(
                "ministack.core.persistence:load_state",
                "1796603c91a178d600ccf61d9ed5640f2a0f75dcaaeae5db53bb749824e4cb46",
            ),
        ),
        apply=_install_one_writer,
    ),
    Patch(
        name="durable-items",
        mends="Items were saved at a clean shutdown only: a killed process lost every write.",
        replaces=(
            Source(
                "ministack.services.dynamodb:get_state",
                "ce90690a6033950f9aaac39a8225ef7ce8e55fe1c3abc80e2df51e1098e7f9f3",
            ),
            Source(
                "ministack.services.dynamodb:_restore_state",
                "a5aba16053a2e1da4fc46b0983116427ba867fd34eaa391a3af7bf259509a130",
            ),
            Source(
                "ministack.services.dynamodb:_set_item",
                "4e78ad492132cdbad7bd356b0fe962214d886415b39f88bdfc05d56263d99ba9",
            ),
            Source(
                "ministack.services.dynamodb:_remove_item",
                "5cce50c99688dab8a5219d2e4bbcd06fc3b74c932d6aa6b47db5afc614203a1e",
            ),
            Source(
                "ministack.services.dynamodb:_items_replaced",
                "b48626c371f77c18df8fa1ad9e1ce3fa214dcb6d57cfa0e4d99c817b6170aefd",
            ),
            Source(
                "ministack.services.dynamodb:handle_request",
                "1201f2ac993ce1a07339816d280e7b86da8395988b41f91ce72caade86e12406",
            ),
            Source(
                "ministack.app:_build_persistence_save_dict",
                "9a6393cc953d2f678892395011269f1f53d8be649619c8f6ce8dd3cb7b6c0dfd",
            ),
            Source(
                "ministack.app:_load_persisted_state",
                "03de3b870e8f811f8b97ae12f3e5e7c029923c155f75d512dbf913cb30f1b55c",
            ),
        ),
        apply=_install_items,
    ),
    Patch(
        name="small-execution-state",
        mends="Each save held the whole event history of every execution ever run.",
        replaces=(
            Source(
                "ministack.services.stepfunctions:get_state",
                "7d1a3261edd65c335874267f427a15c45ae69e1cd621edc647eff07e159a125b",
            ),
            Source(
                "ministack.services.stepfunctions:_restore_state",
                "b94c49c3dd97e93dcf97508bfd968188e3166987baa77780db98850157ed8720",
            ),
        ),
        apply=_install_executions,
    ),
    Patch(
        name="bounded-logs",
        mends="Every invocation opened a log stream of its own and none was ever dropped.",
        replaces=(
            Source(
                "ministack.services.cloudwatch_logs:_append_log_events",
                "e47cae7a15a4cc4668b51832593f304d5bb88fecfa67de3b88c0c115883e987c",
            ),
            Source(
                "ministack.services.lambda_svc:_emit_lambda_logs",
                "111efbf06968bb207427d25f6070f8048962a56385e2f7c62bb76b5f9d051720",
            ),
        ),
        apply=_install_logs,
    ),
)
