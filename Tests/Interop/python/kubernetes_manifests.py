"""The chart and the manifests made from it: they are what Kubernetes takes, they agree with each other, and what they tell the relay the
relay knows. RELAY is the program, ROOT the repository."""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import kubernetes_validate
import yaml
from tls_certificates import Authority

ROOT = pathlib.Path(os.environ["ROOT"])
RELAY = os.environ["RELAY"]
CHART = ROOT / "kubernetes" / "chart"
VERSIONS = ("1.25", "1.27", "1.29", "1.31", "1.33", "1.35", "1.37")


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def helm(*arguments):
    return run(ROOT / "scripts" / "helm", *arguments)


def manifests(*options):
    """What the chart makes with these values, by kind and name."""
    made = run(ROOT / "scripts" / "make-manifests", *options)
    check(made.returncode == 0, f"make-manifests {options}: {made.stderr}")
    return made.stdout, {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(made.stdout)}


def validate(objects, versions, what):
    for version in versions:
        for key, each in objects.items():
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except Exception as error:
                sys.exit(f"failed: {what}, {key}, Kubernetes {version}: {error}")


def environment(objects):
    """The relay's container as it would run, with a folder for the files of its secret."""
    pod = objects["Deployment", "pulsar-relay"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    values = dict(objects["ConfigMap", "pulsar-relay"]["data"])
    for each in container["env"]:
        if "value" in each:
            values[each["name"]] = each["value"].replace("$(POD_IP)", "10.1.2.3")
    command = container.get("command", [])
    if command:
        values |= said_to_program(command)
    secrets = pathlib.Path(os.environ["SCRATCH"]) / "secrets"
    secrets.mkdir(exist_ok=True)
    for item in pod["volumes"][0]["secret"]["items"]:
        text = "api-key=abc" if item["path"] == "otlp_headers" else "0123456789abcdef" * 4
        (secrets / item["path"]).write_text(text + "\n")
    # Of the secret with the certificate every key is a file.
    places = {"secrets": secrets, "tls": pathlib.Path(os.environ["SCRATCH"]) / "tls"}
    # The longest first: one path begins as another does.
    for mount in sorted(container["volumeMounts"], key=lambda each: -len(each["mountPath"])):
        values = {name: value.replace(mount["mountPath"], str(places[mount["name"]])) for name, value in values.items()}
    return values


def said_to_program(command):
    """What the container's command adds to the environment of the relay that it becomes."""
    programs = pathlib.Path(os.environ["SCRATCH"]) / "programs"
    programs.mkdir(exist_ok=True)
    stand_in = programs / "pulsar-relay"
    stand_in.write_text("#!/bin/sh\n[ \"$*\" = serve ] && env -0\n")
    stand_in.chmod(0o755)
    before = {"PATH": f"{programs}:{os.environ['PATH']}", "POD_IP": "10.1.2.3"}
    said = run(*command, env=before)
    check(said.returncode == 0, f"{command}: {said.stderr}")
    pairs = (line.split("=", 1) for line in said.stdout.split("\0") if line)
    return {name: value for name, value in pairs if name.startswith("PULSAR_")}


def configured(objects, what):
    """What the relay says of this configuration. An unknown key is an error to it."""
    own = environment(objects)
    check(all(name.startswith("PULSAR_") for name in own), f"{what}: {list(own)}")
    said = run(RELAY, "config", "check", env={"PATH": os.environ["PATH"], **own}, cwd=os.environ["SCRATCH"])
    check(said.returncode == 0, f"{what}: {said.stderr}\n{said.stdout}")
    check("no effect" not in said.stderr, f"{what}: {said.stderr}")
    return said.stdout


def seconds(text, key):
    (line,) = [line for line in text.splitlines() if line.startswith(f"{key}:")]
    return float(line.split()[1])


linted = helm("lint", "--strict", CHART)
check(linted.returncode == 0, linted.stdout + linted.stderr)

text, plain = manifests()
committed = (ROOT / "kubernetes" / "pulsar-relay.yaml").read_text()
check(text == committed, "kubernetes/pulsar-relay.yaml is out of date: scripts/make-manifests >kubernetes/pulsar-relay.yaml")
# kubectl takes every manifest that lies there, and nothing of the folders.
beside = sorted(each.name for each in (ROOT / "kubernetes").iterdir() if each.suffix in (".yaml", ".yml", ".json"))
check(beside == ["pulsar-relay.yaml"], f"in kubernetes/: {beside}")
validate(plain, VERSIONS, "the plain manifests")
check(not any(kind == "Secret" for kind, _ in plain), "a secret is no part of the manifests")

said = configured(plain, "the plain manifests")
pod = plain["Deployment", "pulsar-relay"]["spec"]["template"]["spec"]
(container,) = pod["containers"]
stop = container["lifecycle"]["preStop"]["exec"]["command"]
needed = float(stop[1]) + seconds(said, "shutdown_notice_seconds") + seconds(said, "shutdown_grace_seconds")
check(needed + 3 <= pod["terminationGracePeriodSeconds"], f"a stop takes {needed} s and a little more")

# Names lead somewhere: ports of services to the container's, the policy's ports too, the autoscaler to the deployment.
ports = {each["name"]: each for each in container["ports"]}
for (kind, name), each in plain.items():
    if kind == "Service" and "valkey" not in name:
        for port in each["spec"]["ports"]:
            check(ports[port["targetPort"]]["protocol"] == port["protocol"], f"{name}: {port}")
peers = plain["Service", "pulsar-relay-peers"]["spec"]
check([each["protocol"] for each in peers["ports"]] == ["UDP"] * 3, f"{peers}")
labels = plain["Deployment", "pulsar-relay"]["spec"]["template"]["metadata"]["labels"]
for key in (("Service", "pulsar-relay"), ("Service", "pulsar-relay-headless"), ("Service", "pulsar-relay-peers")):
    check(plain[key]["spec"]["selector"].items() <= labels.items(), f"{key} selects other pods")
for kind, at in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
    check(plain[kind, "pulsar-relay"]["spec"][at]["matchLabels"].items() <= labels.items(), f"{kind} selects other pods")
store = plain["StatefulSet", "pulsar-relay-valkey"]["spec"]["template"]["metadata"]["labels"]
check(not plain["Service", "pulsar-relay"]["spec"]["selector"].items() <= store.items(), "Valkey is no relay")
check(plain["ConfigMap", "pulsar-relay"]["data"]["PULSAR_VALKEY_HOST"] == "pulsar-relay-valkey", "where Valkey is")

# With every part that is off, and without every part that is on.
values = pathlib.Path(os.environ["SCRATCH"]) / "values.yaml"
values.write_text(
    json.dumps(
        {
            "config": {
                "max_sessions": 9000000,
                "allowed_origins": ["https://app.example.org"],
                "trust_forwarded_for": True,
                "trusted_proxies": ["10.0.0.0/8"],
                "log_format": "text",
            },
            "ingress": {"enabled": True, "host": "relay.example.org", "className": "nginx", "tlsSecret": "relay-tls"},
            "peers": {"tcp": True, "annotations": {"example.org/class": "network"}},
            "networkPolicy": {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}],
                "metricsFrom": [{"namespaceSelector": {}}],
                "egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
            },
            "imagePullSecrets": ["registry"],
            "valkey": {"storageClass": "fast"},
            "podAnnotations": {"example.org/team": "relay"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "relay", "operator": "Exists", "effect": "NoSchedule"}],
        }
    )
)
_, full = manifests("--values", values)
validate(full, (VERSIONS[0], VERSIONS[-1]), "all parts")
said = configured(full, "all parts")
for line in ("max_sessions: 9000000", "log_format: text", "trust_forwarded_for: true"):
    check(line in said, f"{line} is not in effect: {said}")
check("app.example.org" in said and "10.0.0.0/8" in said, f"lists are not in effect: {said}")

least = ["autoscaling.enabled=false", "valkey.install=false", "valkey.host=valkey.example.org", "peers.enabled=false"]
least += ["networkPolicy.enabled=false", "metrics.annotations=false", "replicas=2"]
_, small = manifests(*[part for each in least for part in ("--set", each)])
validate(small, (VERSIONS[0], VERSIONS[-1]), "few parts")
check("valkey.example.org" in configured(small, "few parts"), "where Valkey is")
check(small["Deployment", "pulsar-relay"]["spec"]["replicas"] == 2, "replicas")
kinds = {kind for kind, _ in small}
check(not kinds & {"HorizontalPodAutoscaler", "NetworkPolicy", "StatefulSet"}, f"{kinds}")

# The relays speak TLS themselves. People sign in at providers, servers are told of documents, and a collector of the relays.
folder = pathlib.Path(os.environ["SCRATCH"]) / "tls"
folder.mkdir()
certificate, key, _ = Authority("authority").make("relay", addresses=["127.0.0.1"])
(folder / "tls.crt").write_bytes(certificate)
(folder / "tls.key").write_bytes(key)
(folder / "ca.crt").write_bytes((folder.parent / "authority.pem").read_bytes())
told = {
    "tls": {"secretName": "relay-tls", "caKey": "ca.crt"},
    "secret": {"metricsTokenKey": "metrics", "others": {"otlp_headers": "collector", "documents_webhook_secret": "hook"}},
    "config": {
        "oidc_base_url": "https://relay.example.org",
        "otlp_endpoint": "http://collector.observability:4318",
        "documents_webhook_url": "https://hook.example.org:8443/documents",
    },
    "oidcProviders": {
        "keycloak": {
            "client_id": "relay",
            "discovery_url": "https://sso.example.org/realms/staff/.well-known/openid-configuration",
            "clientSecretKey": "keycloak",
            "scopes": ["openid", "email"],
        }
    },
    "tokenIssuers": {"ci": {"issuer": "https://ci.example.org:9443", "audience": "relay"}},
    "ingress": {"enabled": True, "host": "relay.example.org"},
}
values.write_text(json.dumps(told))
_, secured = manifests("--values", values)
validate(secured, VERSIONS, "with TLS")
said = configured(secured, "with TLS")
for line in (
    "node_url: https://10-1-2-3.pulsar-relay-headless.default.svc:8080",
    "oidc_enabled: true",
    "oidc.providers.keycloak.client_id: relay",
    "token_issuers.ci.audience: relay",
    "otlp_endpoint: http://collector.observability:4318",
):
    check(line in said, f"{line} is not in effect: {said}")
pod = secured["Deployment", "pulsar-relay"]["spec"]["template"]["spec"]
(container,) = pod["containers"]
for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
    check(container[probe]["httpGet"].items() >= {"scheme": "HTTPS", "port": "https"}.items(), f"{probe}: {container[probe]}")
names = {each["name"] for each in container["ports"]}
for (kind, name), each in secured.items():
    if kind == "Service" and "valkey" not in name:
        check(names >= {port["targetPort"] for port in each["spec"]["ports"]}, f"{name} leads to no port of the relay")
check([each["port"] for each in secured["Service", "pulsar-relay"]["spec"]["ports"]] == [443], "the port for clients")
way = secured["Ingress", "pulsar-relay"]
(path,) = way["spec"]["rules"][0]["http"]["paths"]
check(path["backend"]["service"]["port"] == {"name": "https"}, f"the ingress leads to {path}")
check(way["metadata"]["annotations"]["nginx.ingress.kubernetes.io/backend-protocol"] == "HTTPS", "what the ingress speaks")


def outgoing(objects):
    """The ports that relays may reach anywhere, and whether they may reach public addresses or all."""
    rules = objects["NetworkPolicy", "pulsar-relay"]["spec"]["egress"]
    named = {port["port"] for each in rules if "to" not in each for port in each["ports"] if "port" in port}
    every = [each.get("to", "all") for each in rules if each["ports"] == [{"protocol": "TCP"}]]
    return named, every


named, every = outgoing(secured)
check(named == {53, 443, 4318, 8443, 9443}, f"ports that relays may reach: {named}")
(blocks,) = every
check([each["ipBlock"]["cidr"] for each in blocks] == ["0.0.0.0/0", "::/0"], f"receivers of webhooks: {blocks}")
check("10.0.0.0/8" in blocks[0]["ipBlock"]["except"], f"receivers of webhooks: {blocks}")
check(outgoing(manifests("--set", "config.webhook_allow_private=true")[1]) == ({53}, ["all"]), "private receivers of webhooks")
check(outgoing(manifests("--set", "config.max_webhooks_per_user=0")[1]) == ({53}, []), "without webhooks")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def running(objects, body):
    """Calls `body` with the environment of a relay that serves as its container would, with a store of its own."""
    own = environment(objects) | {
        "PATH": os.environ["PATH"],
        "PULSAR_STORAGE_BACKEND": "memory",
        "PULSAR_HOST": "127.0.0.1",
        "PULSAR_PORT": str(free_port()),
        "PULSAR_PROMETHEUS_PORT": str(free_port()),
        "PULSAR_UDP_BIND": "",
        "PULSAR_QUIC_BIND": "",
    }
    with open(folder.parent / "relay.log", "ab") as log:
        relay = subprocess.Popen([RELAY, "serve"], env=own, cwd=folder.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while run(ROOT / "docker" / "health", "readiness", env=own).returncode != 0:
            check(relay.poll() is None and time.monotonic() < deadline, (folder.parent / "relay.log").read_text())
            time.sleep(0.1)
        body(own)
    finally:
        relay.terminate()
        relay.wait(30)


def status(address, token=None):
    """The status of an answer; None where the server wants to see a certificate."""
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, timeout=10, context=ssl.create_default_context(cafile=folder / "ca.crt")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except (ssl.SSLError, urllib.error.URLError, ConnectionError):
        return None


def serves(own):
    port, metrics = own["PULSAR_PORT"], own["PULSAR_PROMETHEUS_PORT"]
    check(status(f"https://127.0.0.1:{port}/health/readiness") == 200, "a probe over TLS")
    check(status(f"http://127.0.0.1:{metrics}/metrics") == 401, "metrics without their token")
    check(status(f"http://127.0.0.1:{metrics}/metrics", "0123456789abcdef" * 4) == 200, "metrics")


def serves_friends(own):
    check(status(f"https://127.0.0.1:{own['PULSAR_PORT']}/health/readiness") is None, "a client without a certificate is answered")


running(secured, serves)
told["tls"]["clientCaKey"] = "ca.crt"
values.write_text(json.dumps(told))
_, mutual = manifests("--values", values)
validate(mutual, (VERSIONS[0], VERSIONS[-1]), "with certificates of clients")
(container,) = mutual["Deployment", "pulsar-relay"]["spec"]["template"]["spec"]["containers"]
check(container["readinessProbe"]["exec"]["command"] == ["/usr/local/lib/pulsar-relay/health", "readiness"], "the probe")
running(mutual, serves_friends)

# What can't work is refused before it is anywhere.
for wrong in (
    "valkey.install=false",
    "config.valkey_password=secret",
    "config.storage_backend=sqlite",
    "config.otlp_headers=api-key=abc",
    "config.tls_self_signed=true",
    "oidcProviders.keycloak.display_name=Keycloak",
    "oidcProviders.keycloak.client_secret=secret",
    "secret.others.session_ttl=key",
    "tls.caKey=ca.crt",
    "replicas=0",
    "replica=1",
):
    refused = run(ROOT / "scripts" / "make-manifests", "--set", wrong)
    check(refused.returncode != 0, f"{wrong} was taken")

# The autoscaler gets each pod's share: as many sessions as all relays tell of, in all, however many relays there are.
(rule,) = yaml.safe_load((ROOT / "kubernetes" / "prometheus-adapter" / "values.yaml").read_text())["rules"]["custom"]
(wanted,) = [each["pods"] for each in plain["HorizontalPodAutoscaler", "pulsar-relay"]["spec"]["metrics"] if each["type"] == "Pods"]
series = wanted["metric"]["name"]
query = rule["metricsQuery"].replace("<<.Series>>", series).replace("<<.GroupBy>>", "pod")
query = query.replace("<<.LabelMatchers>>", 'namespace="relays",pod=~"a|b|c"')
told = [{"series": f'{series}{{namespace="relays",pod="{pod}"}}', "values": "3000 3000"} for pod in "abc"]
told.append({"series": f'{series}{{namespace="others",pod="a"}}', "values": "7 7"})
shares = [{"labels": f'{{pod="{pod}"}}', "value": 1000} for pod in "abc"]
expected = {"expr": query, "eval_time": "1m", "exp_samples": shares}
trial = pathlib.Path(os.environ["SCRATCH"]) / "shares.yaml"
trial.write_text(json.dumps({"tests": [{"interval": "1m", "input_series": told, "promql_expr_test": [expected]}]}))
judged = run("promtool", "test", "rules", trial)
check(judged.returncode == 0, f"{query}: {judged.stdout}{judged.stderr}")

# One version: the chart's, and so the image's, is the program's.
version = run(RELAY, "version").stdout.strip()
chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
check(chart["version"] == chart["appVersion"] == version, f"the chart is {chart['version']}, the relay {version}")
