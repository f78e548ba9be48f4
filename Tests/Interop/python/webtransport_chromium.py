"""Chromium over WebTransport, which knows the relay's certificate by its digest alone: it subscribes and publishes beside a reader by /ws.

QUIC_PORT is the relay's port for QUIC."""

import json
import os

import requests

from chromium import visit
from relay import URL, bearer, check, equal, login, new_topic, open_socket, subscribe

PAGE = rb"""<!doctype html><meta charset="utf-8"><script type="module">
const query = new URLSearchParams(location.search)
const [quic, digest, token, topic] = ['quic', 'digest', 'token', 'topic'].map((name) => query.get(name))
const found = {}
const bytes = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)))
const text = (value) => [0xa0 + value.length, ...new TextEncoder().encode(value)]
const long = (value) => { const data = new TextEncoder().encode(value); return [0xd9, data.length, ...data] }
// A map of MessagePack, whose values are texts, small numbers, bytes or true.
const frame = (members) => {
  const names = Object.entries(members)
  const body = [0x80 + names.length]
  for (const [name, value] of names) {
    body.push(...text(name))
    if (value === true) body.push(0xc3)
    else if (typeof value === 'number') body.push(value)
    else if (typeof value === 'string') body.push(...(value.length < 32 ? text(value) : long(value)))
    else body.push(0xc4, value.length, ...value)
  }
  return new Uint8Array([0, 0, body.length >> 8, body.length & 255, ...body])
}
const includes = (data, part) => new TextDecoder('latin1').decode(data).includes(part)
// Reads until the bytes that have come say something.
const until = async (reader, part) => {
  let data = new Uint8Array()
  while (!includes(data, part)) {
    const { value, done } = await reader.read()
    if (done) throw new Error('the stream has ended before ' + part)
    const joined = new Uint8Array(data.length + value.length)
    joined.set(data)
    joined.set(value, data.length)
    data = joined
  }
  return data
}
try {
  const hash = { algorithm: 'sha-256', value: bytes(digest) }
  const address = 'https://127.0.0.1:' + quic + '/wt'
  const transport = new WebTransport(address + '?token=' + token, { serverCertificateHashes: [hash] })
  await transport.ready
  const stream = await transport.createBidirectionalStream()
  const [writer, reader] = [stream.writable.getWriter(), stream.readable.getReader()]
  await writer.write(frame({ type: 'subscribe', id: 1, channel: topic }))
  await until(reader, 'ack')
  await writer.write(frame({ type: 'publish', id: 2, channel: topic, payload: new TextEncoder().encode('{"n":1}') }))
  found.heard = includes(await until(reader, '{"n":1}'), topic)
  const closed = transport.closed
  transport.close({ closeCode: 7, reason: 'done' })
  found.closed = (await closed).closeCode
  const refused = new WebTransport(address + '?token=wrong', { serverCertificateHashes: [hash] })
  found.refused = await refused.ready.then(() => 'opened', () => 'refused')
} catch (error) {
  found.error = String(error)
}
await fetch(location.origin, { method: 'POST', body: JSON.stringify(found) })
</script>"""

token, topic = login()["access_token"], new_topic("wt")
listed = requests.get(f"{URL}/.well-known/pulsar-relay", timeout=20).json()
offer = next(each for each in listed["transports"] if each["type"] == "webtransport")
check(offer["url"].endswith(f":{os.environ['QUIC_PORT']}/wt"), f"where sessions are opened: {offer}")
with open_socket(token) as socket:
    subscribe(socket, [topic])
    found = visit(PAGE, 0, quic=os.environ["QUIC_PORT"], digest=offer["certificate_hashes"][0], token=token, topic=topic)
    equal(found.get("error"), None, "what went wrong on the page")
    check(found["heard"], "what the page heard")
    equal(json.loads(socket.recv(timeout=20))["payload"], {"n": 1}, "what /ws heard")
equal((found["closed"], found["refused"]), (7, "refused"), "how its sessions ended")
equal(requests.get(f"{URL}/metrics", headers=bearer(token), timeout=20).status_code, 200, "status of the metrics")
