"""Clients of Zeal's Socket.IO dialect edit a document beside Yjs' own provider: by a WebSocket, by polls, and by polls that change to one."""

import socketio

from documents import Provider
from relay import check, equal, eventually, login, new_topic
from zeal import CUSTOM, QUERY, Polling, ZealClient, awareness, text

token = login()["access_token"]
room = new_topic("zeal/room")
yjs = Provider(room, token)
yjs.edit(insert=[0, "before "])
clients = [
    ZealClient(room, token, transports=["websocket"]),
    ZealClient(room, token, transports=["polling", "websocket"]),
    ZealClient(room, token, transports=["polling"]),
    ZealClient(room, connect_token=token, transports=["polling", "websocket"]),
    ZealClient(room, header_token=token, transports=["websocket"], binary=True),
]
for client in clients:
    client.synced()
equal([client.transport for client in clients], ["websocket", "websocket", "polling", "websocket", "websocket"], "transports")
for client in clients:
    equal(client.text.to_py(), "before ", "what a client finds")
    equal(client.joined[0]["roomName"], room, "name of the room")
    check(client.joined[0]["clientId"], "a client has a name")

# All edit at once, and one of them is cut off again and again.
for n in range(20):
    for place, client in enumerate(clients):
        with client.lock:
            client.text += f"z{place}.{n} "
            client.map[f"k{n % 4}"] = f"z{place}.{n}"
            client.array.append(n)
    yjs.edit(insert=[0, f"y{n}😀 "], push=[n, "y"])
    if n in (7, 14):
        clients[0].cut()
        with clients[0].lock:
            clients[0].text += f"offline{n} "
eventually(lambda: all(client.content == yjs.content for client in clients), "converged", 40)
content = yjs.content
for word in ["y19😀", "offline7", "offline14"] + [f"z{place}.{n}" for place in range(5) for n in range(20)]:
    check(word in content["text"], f"{word} is lost: {content['text']}")
check(clients[0].sent_steps > 0, "the relay asks for what it lacks")
for client in clients:
    equal(client.errors, [], "errors")

# Who is present, bare, and seen by the other protocol.
# A document that was just loaded takes nobody for new whose clock it has not seen rise.
for clock in 1, 2:
    clients[1].say(awareness(11, clock, {"name": "one"}))
    clients[2].say(awareness(12, clock, {"name": "two"}))
for client in clients[:4]:
    eventually(lambda: {11, 12} <= set(client.present), f"client {clients.index(client)} sees who is present", 5)
eventually(lambda: {"name": "one"} in yjs.edit()["present"], "presence is seen by y-websocket")
clients[0].present.clear()
clients[0].say([QUERY])
eventually(lambda: {11, 12} <= set(clients[0].present), "a query is answered")

# What is said beside the document; a heartbeat is for nobody.
clients[0].say(bytes([CUSTOM]) + text('{"type":"heartbeat","timestamp":1}'))
clients[0].say(bytes([CUSTOM]) + text('{"type":"cursor","at":1}'))
for client in clients[1:4]:
    eventually(lambda: client.told, "the others are told")
    equal(client.told, [{"type": "cursor", "at": 1}], "what the others are told")
equal(clients[0].told, [], "what its sender is told")

# Who leaves is gone at once, whether it says so or not.
clients[1].close()
clients[2].close()
eventually(lambda: not {11, 12} & set(clients[0].present), "those who left are not seen")
for client in clients[3:] + clients[:1]:
    client.close()
late = ZealClient(room, token, transports=["polling"]).synced()
equal(late.content, content, "what a late one finds")

# A client that polls and dies is gone as soon as the network shows it; one whose poll is cut off at once.
for number, ending in enumerate([lambda poll: poll.shutdown(2), lambda poll: poll.close()]):
    polling = Polling(token)
    polling.post("40", f'42["crdt:join","{room}"]')
    for clock in 1, 2:
        polling.say(room, awareness(13 + number, clock, {"name": "three"}))
    eventually(lambda: 13 + number in late.present, "who polls is seen")
    ending(polling.poll())
    eventually(lambda: 13 + number not in late.present, "who died is not seen any more", 15)

# Tokens that are no good are refused, in each of the places.
for transports in (["websocket"], ["polling"]):
    try:
        ZealClient(room, connect_token="nonsense", transports=transports)
        check(False, "a bad token is taken")
    except socketio.exceptions.ConnectionError:
        pass
    outside = ZealClient(room, "nonsense", transports=transports)
    eventually(lambda: {"error": "Permission denied", "message": "Permission denied", "type": "PERMISSION_DENIED"} in outside.errors, "denied")
    eventually(lambda: not outside.socket.connected, "put out")
    check(not outside.is_synced, "nothing was told to a stranger")
late.close()
yjs.close()
