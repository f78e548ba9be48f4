"""Both descriptions are what their standards say, and what scripts/make-descriptions makes of docs/descriptions.

The official schema of AsyncAPI is in no Python package, so that document is judged by its parts: its references, its channels, operations and
servers, its schemas, and its examples by these.
"""

import pathlib
import subprocess
import sys

import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from relay import URL, check, equal

PACKAGE = pathlib.Path(__file__).resolve().parents[3]

made = subprocess.run([sys.executable, PACKAGE / "scripts/make-descriptions", "--check"], capture_output=True, text=True)
check(made.returncode == 0, made.stderr)


def served(name):
    reply = requests.get(f"{URL}/{name}", timeout=20)
    equal(reply.status_code, 200, f"status of {name}")
    equal(reply.headers["content-type"], "application/json", f"content type of {name}")
    return reply.json()


def resolved(document, value):
    while isinstance(value, dict) and "$ref" in value:
        target = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            check(step in target, f"{value['$ref']} is nowhere")
            target = target[step]
        value = target
    return value


def references(document, value):
    """Every reference leads somewhere."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            resolved(document, value)
        for member in value.values():
            references(document, member)
    elif isinstance(value, list):
        for element in value:
            references(document, element)


def judge_examples(document, schema, examples, what):
    """Examples are as their schema says, whose references are within the document."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    for example in examples:
        errors = [error.message for error in validator.iter_errors(example)]
        check(not errors, f"the example of {what} is not as its schema says: {errors} ({example})")


def judge_schemas(document):
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        judge_examples(document, schema, schema.get("examples", []), name)


# OpenAPI

openapi = served("openapi.json")
problems = [error.message for error in OpenAPIV31SpecValidator(openapi).iter_errors()]
check(not problems, f"openapi.json: {problems}")
references(openapi, openapi)
judge_schemas(openapi)
identifiers = []
for path, item in openapi["paths"].items():
    for method, operation in item.items():
        if method == "parameters":
            continue
        what = f"{method} {path}"
        identifiers.append(operation["operationId"])
        check(operation.get("summary"), f"{what} has no summary")
        bodies = [("request", operation.get("requestBody", {}))]
        bodies += [(status, resolved(openapi, response)) for status, response in operation["responses"].items()]
        for place, body in bodies:
            for kind, content in body.get("content", {}).items():
                if "json" in kind or "form" in kind:
                    examples = [content["example"]] if "example" in content else []
                    judge_examples(openapi, content["schema"], examples, f"{what} {place}")
equal(len(set(identifiers)), len(identifiers), "names of operations")

# AsyncAPI

asyncapi = served("asyncapi.json")
equal(asyncapi["asyncapi"], "3.0.0", "version of AsyncAPI")
MEMBERS = {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components"}
equal(set(asyncapi), MEMBERS, "members of asyncapi.json")
references(asyncapi, asyncapi)
judge_schemas(asyncapi)
for name, server in asyncapi["servers"].items():
    check({"host", "protocol"} <= set(server), f"{name} says where it is")
for name, channel in asyncapi["channels"].items():
    check(channel["address"] in openapi["paths"], f"the channel {name} is at a path of the relay")
    for reference in channel["servers"]:
        check(reference["$ref"].startswith("#/servers/"), f"the servers of {name}")
    for message in channel["messages"].values():
        message = resolved(asyncapi, message)
        check({"payload", "summary"} <= set(message), f"{message} says what it is")
        Draft202012Validator.check_schema(message["payload"])
        examples = [example["payload"] for example in message.get("examples", [])]
        judge_examples(asyncapi, message["payload"], examples, message["summary"])
for name, operation in asyncapi["operations"].items():
    check(operation["action"] in ("send", "receive"), f"the action of {name}")
    channel = operation["channel"]["$ref"]
    for message in operation["messages"]:
        check(message["$ref"].startswith(f"{channel}/messages/"), f"{message} of {name} is its channel's")
