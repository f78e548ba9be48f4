"""pycrdt, which is Yrs, and Yjs' own provider edit one document at the same time."""

from documents import CrdtClient, Provider
from relay import check, equal, eventually, login, new_topic

token = login()["access_token"]
room = new_topic("pycrdt")
yjs = Provider(room, token)
clients = [CrdtClient(room, token) for _ in range(2)]
for n in range(30):
    for place, client in enumerate(clients):
        with client.lock:
            client.text += f"p{place}.{n} "
            client.map[f"k{n % 4}"] = f"p{place}.{n}"
            client.array.append(n)
            if n % 5 == 4:
                del client.text[0:3]
    yjs.edit(insert=[0, f"y{n}😀 "], set=[f"k{n % 4}", f"y{n}"], push=[n, "y"])
    if n == 15:
        clients[0].close()
        with clients[1].lock:
            clients[1].text += "while one was away "
        clients[0] = CrdtClient(room, token)
eventually(lambda: yjs.content == clients[0].content == clients[1].content, "converged")
content = yjs.content
check("y29😀" in content["text"] and "while one was away" in content["text"], f"found {content}")
yjs.close()
for client in clients:
    client.close()
late = CrdtClient(room, token)
equal(late.content, content, "what a late one finds")
