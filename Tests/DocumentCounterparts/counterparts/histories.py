"""Writes histories of random edits that Yrs made, as JSON: python histories.py FIRST_SEED COUNT."""
import json
import random
import sys

import pycrdt


def history(seed):
    rng = random.Random(seed)
    words = ["a", "bc", "héllo ", "日本", "\n", "typing along"]
    whole_words = words + ["😀", "x😀y"]
    log = []
    replicas = []
    for number in range(rng.randint(2, 4)):
        client = rng.choice([1, 300, 2**32 - 1, 2**40, 2**52]) + number
        doc = pycrdt.Doc(client_id=client, skip_gc=seed % 2 == 1)
        doc["t"] = pycrdt.Text()
        doc["m"] = pycrdt.Map()
        doc["a"] = pycrdt.Array()
        doc["x"] = pycrdt.XmlFragment()
        replicas.append([doc, 0, client])

    def value():
        return rng.choice([None, True, False, 5, -7.5, 2.0**40, "text", [1, [2]], {"p": [1]}, b"\x09\x08"])

    def nested():
        return rng.choice([lambda: pycrdt.Map({"k": value()}), lambda: pycrdt.Array([value(), value()]), lambda: pycrdt.Text("n")])()

    def edit(doc):
        text, table, array, xml = doc["t"], doc["m"], doc["a"], doc["x"]
        # Positions are in UTF-8 bytes here: only at the ends, or in front of ASCII.
        places = [0, len(str(text).encode())] + [i for i, b in enumerate(str(text).encode()) if b < 128]
        kind = rng.randrange(9)
        if kind < 3:
            text.insert(rng.choice(places), rng.choice(whole_words))
        elif kind == 3 and len(places) > 4:
            start = rng.choice(places[2:])
            del text[start : start + 1]
        elif kind == 4:
            table[f"k{rng.randrange(3)}"] = value()
        elif kind == 5:
            table[f"n{rng.randrange(2)}"] = nested()
        elif kind == 6:
            array.insert(rng.randint(0, len(array)), value())
        elif kind == 7 and len(array) > 0:
            del array[rng.randrange(len(array))]
        else:
            element = pycrdt.XmlElement("p", {"id": str(rng.randrange(9))})
            xml.children.append(element)
            element.children.append(pycrdt.XmlText(rng.choice(words)))

    partial = None
    steps = rng.randint(20, 60)
    for step in range(steps):
        replica = rng.choice(replicas)
        doc = replica[0]
        if rng.randrange(3) == 0:
            until = rng.randint(replica[1], len(log))
            for update in log[replica[1] : until]:
                doc.apply_update(update)
            replica[1] = until
        before = doc.get_state()
        with doc.transaction():
            for _ in range(rng.randint(1, 3)):
                edit(doc)
        update = doc.get_update(before)
        log.append(update)
        if partial is None and step > steps // 2:
            partial = doc.get_update()
    whole = pycrdt.Doc()
    for update in log:
        whole.apply_update(update)
    return {
        "seed": seed,
        "cutsPairs": False,
        "updates": [update.hex() for update in log],
        "second": [],
        "state": whole.get_update().hex(),
        "stateSecond": "",
        "stateVector": whole.get_state().hex(),
        "merged": pycrdt.merge_updates(*log).hex(),
        "partial": partial.hex(),
        "partialVector": pycrdt.get_state(partial).hex(),
    }


first = int(sys.argv[1])
json.dump([history(seed) for seed in range(first, first + int(sys.argv[2]))], sys.stdout)
