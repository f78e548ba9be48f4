"""`pulsar-relay top` at a relay whose metrics want a token: what it says without, with a wrong one, and with the right one."""

import json
import subprocess

from relay import check, equal
from tunnel import ENVIRONMENT, PROGRAM
from tunnel import login as keep_login


def top(*arguments, code=0, **environment):
    done = subprocess.run(
        [PROGRAM, "top", "--once", "--json", "--interval", "0.3", *arguments],
        env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=60, check=False,
    )
    equal(done.returncode, code, f"the end of top {arguments}: {done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stderr


keep_login()
for arguments, problem in [((), "wants a token"), (("--metrics-token", "another"), "does not take this token")]:
    said = top(*arguments, code=2)
    check(problem in said and "--metrics-token" in said and "Log in" not in said, f"{arguments}: {said}")
check("publishes_per_second" in json.loads(top("--metrics-token", "a token for metrics")), "by the option")
check("publishes_per_second" in json.loads(top(PULSAR_METRICS_TOKEN="a token for metrics")), "by the environment")
