#!/usr/bin/env python3
"""Writes the template as CloudFormation will see it: .ci/transform.py template.yaml out.json

Runs the SAM translator offline. Parameters keep their references; only the serverless resources are expanded.
"""

import json
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# What the translator would ask AWS for; the partition is filled in at deployment.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
}


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        # The translator wants code that is uploaded already.
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    translated = Translator(MANAGED_POLICIES, Parser()).translate(template, {})
    with open(target, "w", encoding="utf-8") as file:
        json.dump(translated, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
