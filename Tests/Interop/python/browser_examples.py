"""The documents' examples for browsers, in Chromium: each has to log the messages that are published meanwhile."""

import json
import os
import pathlib
import re
import threading

from chromium import visit
from relay import URL, check, equal, login, publish

ROOT = pathlib.Path(__file__).parents[3]
PAGE = """<!doctype html>
<meta charset="utf-8">
<script>
const examples = EXAMPLES
const token = TOKEN
const found = examples.map(({ place }) => ({ place, logged: [], error: null }))
const stages = examples.map((_, index) => ({
  console: { log: (...values) => found[index].logged.push(values) },
  freshToken: async () => token,
  token,
}))
examples.forEach(async ({ text }, index) => {
  try {
    if (/^import /m.test(text)) {
      const stage = `const { console, freshToken, token } = stages[${index}]\\n`
      await import(URL.createObjectURL(new Blob([stage, text], { type: "text/javascript" })))
    } else {
      const { console, freshToken } = stages[index]
      new Function("console", "freshToken", text.includes("const token") ? "" : "token", text)(console, freshToken, token)
    }
  } catch (error) {
    found[index].error = String(error)
  }
})
const began = Date.now()
const timer = setInterval(() => {
  if (Date.now() - began < 30000 && !found.every(({ logged, error }) => logged.length || error)) return
  clearInterval(timer)
  fetch("/", { method: "POST", body: JSON.stringify({ found }) })
}, 100)
</script>
"""


def examples(token):
    """All blocks of JavaScript in the README and the guides, with the addresses and the token of this scenario."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"^```js\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            code = match[1].replace("http://127.0.0.1:8080", URL).replace("ws://127.0.0.1:8080", URL.replace("http", "ws"))
            # Where the reader has opened a page of the relay's own.
            code = code.replace("`/sse", f"`{URL}/sse").replace('"TOKEN"', json.dumps(token))
            code = code.replace('"PASSWORD"', json.dumps(os.environ["RELAY_PASSWORD"]))
            yield {"place": f"{path.name}:{line}", "text": code}


def publish_until(stop, token):
    """Keeps publishing, since some examples begin with what comes from then on."""
    while not stop.wait(0.3):
        publish(token, "news", {"text": "hello"})


token = login()["access_token"]
publish(token, "news", {"text": "hello"})
found_here = list(examples(token))
check(found_here, "there are examples")
page = PAGE.replace("EXAMPLES", json.dumps(found_here)).replace("TOKEN", json.dumps(token))
stop = threading.Event()
publisher = threading.Thread(target=publish_until, args=(stop, token))
publisher.start()
try:
    found = visit(page.encode(), int(os.environ["ALLOWED_PORT"]))["found"]
finally:
    stop.set()
    publisher.join()
for example in found:
    equal(example["error"], None, f"error of {example['place']}")
    check(example["logged"], f"{example['place']} logged no message")
    equal(example["logged"][0][-1], {"text": "hello"}, f"what {example['place']} logged")
