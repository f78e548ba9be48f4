"""Chromium over HTTP/2: it fetches, follows an event stream, and opens its WebSockets on the connection that it has."""

import re

import requests

from chromium import visit
from relay import URL, bearer, check, equal, login, new_topic

PAGE = b"""<!doctype html><meta charset="utf-8"><script type="module">
const query = new URLSearchParams(location.search)
const [relay, token, topic] = ['relay', 'token', 'topic'].map((name) => query.get(name))
const found = {}
const socket = (path) => new Promise((resolve, reject) => {
  const socket = new WebSocket(relay.replace('https', 'wss') + path, ['bearer', 'bearer.' + token])
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', topics: [topic] }))
  socket.onerror = () => reject(new Error('a WebSocket failed'))
  socket.onmessage = (event) => { if (JSON.parse(event.data).type === 'subscribed') resolve(socket) }
})
const message = (socket) => new Promise((resolve) => { socket.onmessage = (event) => resolve(JSON.parse(event.data)) })
try {
  // With credentials, so that it has the same connection as the WebSockets.
  await fetch(relay + '/health', { mode: 'no-cors', credentials: 'include' })
  const sockets = await Promise.all([socket('/ws'), socket('/ws'), socket('/ws')])
  const source = new EventSource(relay + '/sse?topics=' + topic + '&token=' + token)
  await new Promise((resolve, reject) => { source.onopen = resolve; source.onerror = () => reject(new Error('no stream')) })
  const heard = Promise.all(sockets.map(message))
  const event = new Promise((resolve) => { source.onmessage = resolve; source.addEventListener('message', resolve) })
  const reply = await fetch(relay + '/api/v1/messages', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token },
    body: JSON.stringify({ topic, payload: { n: 1 } }),
  })
  found.sent = (await reply.json()).message_id
  found.heard = (await heard).map((frame) => frame.message_id)
  found.event = (await event).lastEventId
  found.closed = await Promise.all(sockets.map((socket) => new Promise((resolve) => {
    socket.onclose = (event) => resolve([event.code, event.wasClean])
    socket.close(1000)
  })))
} catch (error) {
  found.error = String(error)
}
await fetch(location.origin, { method: 'POST', body: JSON.stringify(found) })
</script>"""

token = login()["access_token"]


def metric(line):
    text = requests.get(f"{URL}/metrics", headers=bearer(token), timeout=20).text
    return sum(float(value) for value in re.findall(rf"^{re.escape(line)} (\S+)$", text, re.M))


found = visit(PAGE, 0, ["--ignore-certificate-errors"], token=token, topic=new_topic("chromium"))
equal(found.get("error"), None, "what went wrong on the page")
equal(found["heard"], [found["sent"]] * 3, "what the WebSockets heard")
equal(found["event"], found["sent"], "what the event stream heard")
equal(found["closed"], [[1000, True]] * 3, "how the WebSockets closed")
check(metric('relay_http2_requests_total{kind="websocket"}') >= 3, "WebSockets of the browser were over HTTP/2")
check(metric('relay_http2_requests_total{kind="request"}') >= 3, "requests of the browser were over HTTP/2")
