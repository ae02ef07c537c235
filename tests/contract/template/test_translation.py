"""template.yaml is what SAM, CloudFormation and cfn-lint take, for both architectures and every set of models."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
import yaml

from infra.local.cloud.package import package
from tests.contract.template.sources import CORE
from tests.template import ROOT, Json, resources, template

_REGION = "eu-central-1"


def _allowed(parameter: str) -> list[str]:
    values: list[str] = template()["Parameters"][parameter]["AllowedValues"]
    return values


def _translated(parameters: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Json:
    monkeypatch.setenv("AWS_DEFAULT_REGION", _REGION)
    translator: Any = import_module("samtranslator.translator.translator")
    parser: Any = import_module("samtranslator.parser.parser")
    packaged = package(ROOT / "template.yaml", bucket="bucket", embedded=True).template
    policies = {"AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
    translated: Json = translator.Translator(policies, parser.Parser()).translate(packaged, parameters)
    return translated


@pytest.mark.parametrize("model_set", _allowed("ModelSet"))
@pytest.mark.parametrize("architecture", _allowed("Architecture"))
def test_sam_translates_the_template(architecture: str, model_set: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _translated({"Architecture": architecture, "ModelSet": model_set}, monkeypatch)["Resources"]
    functions = [r["Properties"] for r in made.values() if r["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == len(resources("AWS::Serverless::Function"))
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions]
    assert len(set(roles)) == len(functions), "every function has a role of its own"
    for function in functions:
        assert function["Architectures"] in ([architecture], [{"Ref": "Architecture"}])
        assert len(function["Layers"]) == 2


@pytest.mark.parametrize("form", ["as written", "translated"])
def test_cfn_lint_finds_nothing(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "template.yaml").read_text()
    if form == "translated":
        monkeypatch.setenv("AWS_DEFAULT_REGION", _REGION)
        text = json.dumps(_translated({}, monkeypatch), default=str)
    api: Any = import_module("cfnlint.api")
    monkeypatch.chdir(ROOT)
    found = api.lint(text, config=api.ManualArgs(regions=[_REGION], include_checks=["W", "E"]))
    assert [str(match) for match in found] == []


def test_sets_of_models_are_the_catalogs() -> None:
    catalog = yaml.safe_load((CORE / "sealmate" / "catalog" / "models.yaml").read_text())
    assert _allowed("ModelSet") == list(catalog["sets"])
