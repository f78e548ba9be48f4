"""The manual pages and the completions: they cover what the program says of itself, and those who read them find no fault.

RELAY is the program, ROOT the repository, SCRATCH a folder."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ["ROOT"])
RELAY = os.environ["RELAY"]
PAGES = pathlib.Path(os.environ["SCRATCH"]) / "manual"


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def run(*command, **options):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60, **options)


def read(page, **options):
    """The page as it is read, without what makes letters bold."""
    shown = run("man", "--warnings", "--local-file", page, env=os.environ | {"MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""})
    check(shown.returncode == 0 and not shown.stderr, f"{page}: {shown.stderr}")
    return re.sub(r".\x08|\x1b\[[0-9;]*m", "", shown.stdout)


def every(command, path=()):
    """The command and all below it, with their paths."""
    path = (*path, command["commandName"])
    yield path, command
    for below in command.get("subcommands", []):
        if below["commandName"] != "help":
            yield from every(below, path)


made = run(ROOT / "scripts" / "make-manual", RELAY, PAGES)
check(made.returncode == 0, made.stderr)
root = json.loads(run(RELAY, "--experimental-dump-help").stdout)["command"]
commands = list(every(root))
check(len(commands) > 30, f"only {len(commands)} commands")

texts = {}
for page in sorted(PAGES.iterdir()):
    texts[page.name] = read(page)
    found = run("mandoc", "-T", "lint", "-W", "warning", page)
    check(found.returncode == 0, f"{page}: {found.stdout}")

completions = {}
for shell in ("bash", "zsh", "fish"):
    file = PAGES.with_name(f"completion.{shell}")
    file.write_text(run(RELAY, "--generate-completion-script", shell).stdout)
    completions[shell] = file.read_text()
    read_by = run(shutil.which(shell) or sys.exit(f"failed: {shell} is not installed"), "-n", file)
    check(read_by.returncode == 0, f"{shell} does not read its completions: {read_by.stderr}")

for path, command in commands:
    name = "-".join(path[:2])
    text = texts[f"{name}.1"]
    check(" ".join(path) in text or " ".join(path).upper() in text, f"{path} is not in {name}(1)")
    section = text
    if len(path) > 2:
        section = re.split(rf"(?m)^{re.escape(' '.join(path).upper())}$", text)[1]
        section = re.split(r"(?m)^[A-Z]", section)[0]
    for argument in command["arguments"]:
        for each in argument.get("names", []) if argument["shouldDisplay"] else []:
            dashes = "-" if each["kind"] == "short" else "--"
            check(re.search(rf"(?m)(^|[ ,]){dashes}{each['name']}\b", section), f"{path}: {dashes}{each['name']} is not in {name}(1)")
    for shell, script in completions.items():
        check(path[-1] in script, f"{path} is not in the completions of {shell}")

keys = re.findall(r"(?m)^([a-z0-9_]+):", (ROOT / "config.example.yaml").read_text())
check(len(keys) > 100, f"only {len(keys)} keys")
for key in keys:
    check(re.search(rf"(?m)^ +{key}:", texts["pulsar-relay.yaml.5"]), f"{key} is not in pulsar-relay.yaml(5)")
print(f"{len(commands)} commands, {len(keys)} keys, {len(texts)} pages")
