#!/usr/bin/env python3
"""Writes the template as CloudFormation will see it: .ci/transform.py template.yaml out.json [Parameter=value]

Runs the SAM translator offline. Parameters keep their references; only the serverless resources are expanded, with
the parameters' defaults or the values given.

    .ci/transform.py --versions template.yaml

says which parameters reach a function's configuration without publishing a version of it, so that the alias would
never see them, and which publish a version that changes nothing.
"""

import copy
import json
import logging
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# What the translator would ask AWS for; the partition is filled in at deployment.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
}


def read(source):
    with open(source, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        # The translator wants code that is uploaded already.
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return template


def translate(template, values):
    # It changes what it is given.
    return Translator(MANAGED_POLICIES, Parser()).translate(copy.deepcopy(template), dict(values))


def parameters_in(node, template):
    """Names of the parameters that a part of the template depends on, those of its conditions included."""
    if isinstance(node, list):
        return set().union(*(parameters_in(item, template) for item in node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(parameters_in(item, template) for item in node.values()))
    if node.get("Ref") in template["Parameters"]:
        found.add(node["Ref"])
    if "Fn::If" in node:
        found |= parameters_in(template["Conditions"][node["Fn::If"][0]], template)
    return found


def versions_of(template, values):
    """The logical id of each function's version: another id is another version."""
    resources = translate(template, values)["Resources"]
    versions = {name: resource for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"}
    return {resource["Properties"]["FunctionName"]["Ref"]: name for name, resource in versions.items()}


def version_faults(template):
    for_all = template["Globals"]["Function"]
    parameters = template["Parameters"]
    given = {name: str(parameter.get("Default", "1")) for name, parameter in parameters.items()}
    before = versions_of(template, given)
    wanted = {}
    for function in before:
        own = template["Resources"][function]["Properties"]
        parts = [{**for_all, **own}.get(part) for part in ("MemorySize", "KmsKeyArn", "Timeout", "Description")]
        parts += [for_all["Environment"], own.get("Environment")]
        wanted[function] = parameters_in(parts, template)
    for name, parameter in parameters.items():
        # Where the translator reads the value, it must be an allowed one.
        others = [value for value in parameter.get("AllowedValues", ["2718"]) if str(value) != given[name]]
        after = versions_of(template, {**given, name: str(others[0])})
        for function, uses in wanted.items():
            publishes = before[function] != after[function]
            if publishes != (name in uses):
                yield f"{name}: {'publishes an unchanged' if publishes else 'never reaches the live'} {function}"


def main():
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    if sys.argv[1] == "--versions":
        faults = list(version_faults(read(sys.argv[2])))
        print("\n".join(faults) or "each parameter publishes the functions that use it")
        sys.exit(1 if faults else 0)
    source, target, *parameters = sys.argv[1:]
    translated = translate(read(source), [parameter.split("=", 1) for parameter in parameters])
    with open(target, "w", encoding="utf-8") as file:
        json.dump(translated, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
