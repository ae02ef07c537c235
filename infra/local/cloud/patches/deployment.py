"""CloudFormation: properties of functions and APIs that were dropped, and dead letters as AWS writes them."""

from importlib import import_module
from typing import Any

from infra.local.cloud.patches.source import Patch, Source, rewrite
from infra.local.cloud.settings import Settings

_LAMBDA = "ministack.services.lambda_svc"


def _install_function_properties(_settings: Settings) -> None:
    service: Any = import_module(_LAMBDA)
    handlers: Any = import_module("ministack.services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handler = handlers["AWS::Lambda::Function"]
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        made = create(logical_id, properties, stack)
        _apply(service._functions[made[0]], properties)
        return made

    def updated(physical_id: str, old: Any, new: dict[str, Any], *where: Any, **more: Any) -> Any:
        made = update(physical_id, old, new, *where, **more)
        _apply(service._functions[made[0]], new)
        return made

    handlers["AWS::Lambda::Function"] = {**handler, "create": created, "update": updated}


def _apply(function: dict[str, Any], properties: dict[str, Any]) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    function["config"].pop("DeadLetterConfig", None)
    if properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = properties["DeadLetterConfig"]


def _install_dead_letters(_settings: Settings) -> None:
    service: Any = import_module(_LAMBDA)

    def is_dead_letter(function: str, target: str) -> bool:
        config = (service._functions.get(function) or {}).get("config", {})
        return bool((config.get("DeadLetterConfig") or {}).get("TargetArn") == target)

    rewrite(
        f"{_LAMBDA}:_route_async_failure",
        {
            "        body = json.dumps(envelope)\n": (
                "        body = json.dumps(event if _is_dead_letter(func_name, target_arn) else envelope)\n"
            )
        },
        _is_dead_letter=is_dead_letter,
    )


def _install_gateway_responses(_settings: Settings) -> None:
    rest: Any = import_module("ministack.services.apigateway_v1")
    import_api = rest._import_rest_api

    def imported(document: dict[str, Any], *given: Any, **more: Any) -> str:
        api_id = str(import_api(document, *given, **more))
        for kind, response in (document.get("x-amazon-apigateway-gateway-responses") or {}).items():
            status, _, body = rest._put_gateway_response(api_id, kind, response)
            if status >= 400:
                raise ValueError(f"gateway response {kind}: {body!r}")
        return api_id

    rest._import_rest_api = imported
    app: Any = import_module("ministack.app")
    authorization = app._execute_api_authorization_type

    def authorization_type(api_id: str, *where: str) -> str | None:
        found: str | None = authorization(api_id, *where)
        # What isn't there asks for no signature: the API answers that it isn't.
        return "NONE" if found is None and rest.find_api_scope(api_id) is not None else found

    app._execute_api_authorization_type = authorization_type


PATCHES = (
    Patch(
        name="gateway-responses",
        mends=(
            "An API's own error answers were left out when it was imported from a document, which is how SAM makes it, "
            "and an unknown path was answered by the check of signatures."
        ),
        replaces=(
            Source(
                "ministack.services.apigateway_v1:_import_rest_api",
                "ef72f9312702dbb3ce83c5cf0d45aa6e570ba2989e79a1446e4534c8d7773e7d",
            ),
            Source(
                "ministack.services.apigateway_v1:_put_gateway_response",
                "93e727fc3806527abef78a2562ed63edc813d33185c154fafde2cba52f6dd450",
            ),
            Source(
                "ministack.app:_execute_api_authorization_type",
                "a765d2e4bf87f5357e8d1518fe6c99e16a1e89bfb709eb92950ba3db5f55bfb3",
            ),
            Source(
                "ministack.app:_enforce_execute_api", "41e437c7b90d987808bc1ef84769718eb06289f0386ef9e8f699923ac744ff06"
            ),
        ),
        apply=_install_gateway_responses,
    ),
    Patch(
        name="function-properties",
        mends="CloudFormation dropped a function's DeadLetterConfig and ReservedConcurrentExecutions.",
        replaces=(
            Source(
                "ministack.services.cloudformation.provisioners:_lambda_create",
                "8b2cf80e961d92ee1f17e7570805cc653c366df5724cf7424bcf19d6d475c8ce",
            ),
            Source(
                "ministack.services.cloudformation.provisioners:_lambda_update",
                "4855410e37d7a80d1239cc92fc1cca282d7a4cb801e5234c6a582403c6b4d4c9",
            ),
        ),
        apply=_install_function_properties,
    ),
    Patch(
        name="dead-letters",
        mends="A dead letter held the envelope of a failure destination instead of the event.",
        replaces=(
            Source(
                "ministack.services.lambda_svc:_route_async_failure",
                "c023331e333f796dfd7d2681d54fc18c8b7723d0d0048a9999daf68016ae695b",
            ),
        ),
        apply=_install_dead_letters,
    ),
)
