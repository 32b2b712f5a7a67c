#!/usr/bin/env python3
"""Fills a fresh Request Tracker 5 through REST 2 with everything that is hard to move.

usage: seed.py BASE_URL STATE_DIR

Message dates cannot be set through the API, so backdate.sql is run on the
instance's database at the end. What the tests must find again is printed as
one JSON object.
"""
import base64
import hashlib
import json
import os
import sqlite3
import sys
import urllib.error
import urllib.request

BASE = sys.argv[1].rstrip("/") + "/REST/2.0"
STATE = sys.argv[2]
TOKEN = open(os.path.join(STATE, "token")).read().strip()
HERE = os.path.dirname(os.path.abspath(__file__))


def call(method, path, body=None, raw=None, mime="application/json", auth=None):
    data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
    headers = {"Authorization": auth or "token " + TOKEN}
    if data is not None:
        headers["Content-Type"] = mime
    request = urllib.request.Request(BASE + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read()[:400]!r}")
    return json.loads(text) if text else None


def basic(login):
    return "Basic " + base64.b64encode(f"{login}:{login}pass123".encode()).decode()


def form(path, body, files, auth=None):
    out = b'--SEED\r\nContent-Disposition: form-data; name="JSON"\r\n\r\n' + json.dumps(body).encode() + b"\r\n"
    for name, mime, data in files:
        head = f'--SEED\r\nContent-Disposition: form-data; name="Attachments"; filename="{name}"\r\nContent-Type: {mime}\r\n\r\n'
        out += head.encode() + data + b"\r\n"
        hashes.append(hashlib.sha256(data).hexdigest())
    return call("POST", path, raw=out + b"--SEED--\r\n", mime="multipart/form-data; boundary=SEED", auth=auth)


hashes = []
facts = {}
png = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

for name in ("Support", "Billing"):
    call("POST", "/queue", {"Name": name, "Description": f"{name} of the shop"})
for login, real in (("ada", "Ada Agent"), ("bob", "Bob Büro")):
    call("POST", "/user", {"Name": login, "EmailAddress": f"{login}@example.com", "RealName": real,
                           "Password": f"{login}pass123", "Privileged": 1})
call("POST", "/user", {"Name": "zoe@example.test", "EmailAddress": "zoe@example.test", "RealName": "Zoë Kundin",
                       "Organization": "Müller GmbH", "WorkPhone": "+49 30 123456", "MobilePhone": "+49 170 1",
                       "Address1": "Hauptstr. 1", "City": "Berlin", "Comments": "VIP"})
call("POST", "/user", {"Name": "walkin", "RealName": "No Address"})
call("POST", "/user", {"Name": "old@example.test", "EmailAddress": "old@example.test", "Organization": "Müller GmbH"})
call("DELETE", "/user/old@example.test")

fields = {}
for name, kind in (("Severity", "SelectSingle"), ("Products", "SelectMultiple"), ("Order", "FreeformSingle"),
                   ("Serials", "FreeformMultiple"), ("Story", "TextSingle"), ("Go live", "DateSingle"),
                   ("Seen at", "DateTimeSingle"), ("Server", "IPAddressSingle"), ("Place", "AutocompleteSingle")):
    fields[name] = call("POST", "/customfield", {"Name": name, "Type": kind, "LookupType": "RT::Queue-RT::Ticket",
                                                 "Queue": 0})["id"]
for name, values in (("Severity", ("High", "Low")), ("Products", ("Alpha", "Beta", "Gamma")), ("Place", ("Köln", "Ulm"))):
    for place, value in enumerate(values):
        call("POST", f"/customfield/{fields[name]}/value", {"Name": value, "SortOrder": place})


def ticket(subject, content="Guten Tag", requestor="zoe@example.test", queue="Support", **more):
    body = {"Queue": queue, "Subject": subject, "Requestor": requestor, "Content": content,
            "ContentType": "text/plain", "Created": "2019-03-04 05:06:07"}
    body.update(more)
    return call("POST", "/ticket", body)["id"]


def say(number, verb, content, mime="text/plain", auth=None, **more):
    call("POST", f"/ticket/{number}/{verb}", dict(more, Content=content, ContentType=mime), auth=auth)


first = ticket("Drucker kaputt – 印刷できない 🖨️", "Hallo,\n\nder Drucker geht nicht.\n\nZoë",
               Cc=["cc1@example.test", "cc2@example.test"], AdminCc=["bob"], Owner="ada", Priority=37, TimeWorked=12,
               Due="2019-04-01 00:00:00",
               CustomFields={"Severity": "High", "Products": ["Alpha", "Gamma"], "Order": "A-1 'quoted' \\ 100%",
                             "Serials": ["s1", "s2"], "Story": "line 1\nline 2", "Go live": "2024-02-29",
                             "Seen at": "2024-02-29 12:34:56", "Server": "192.0.2.1", "Place": "Köln"})
say(first, "correspond", "<p>Haben Sie <b>Papier</b>? &amp; Toner?</p>", "text/html", auth=basic("ada"), TimeTaken=5)
say(first, "comment", "Intern: der Kunde ist nett", auth=basic("bob"), TimeTaken=3)
say(first, "correspond", "תודה רבה 🎉 مرحبا")
facts["first"] = first

files = ticket("Dateien")
form(f"/ticket/{files}/correspond", {"Content": "<p>files</p>", "ContentType": "text/html"}, [
    ("Größe 表 😀.txt", "text/plain", "Zeile ü\n".encode()),
    ("bytes.bin", "application/octet-stream", bytes(range(256)) * 40),
    ("Latin ä.csv", "text/csv", "Größe\n".encode("latin1")),
    ("mail.eml", "message/rfc822", b"Subject: inner\r\n\r\nbody\r\n"),
])
form(f"/ticket/{files}/comment", {"Content": "big", "ContentType": "text/plain"},
     [("big.bin", "application/octet-stream", hashlib.sha256(b"seed").digest() * (5 * 1024 * 1024 // 32))])
facts["files"] = files

html = ticket("Bild im Text", '<p>see <img src="cid:pixel@example.test"> here</p>', ContentType="text/html")
form(f"/ticket/{html}/comment", {"Content": "with image", "ContentType": "text/plain"}, [("pixel.png", "image/png", png)])
facts["inline"] = html

long = ticket("Langer Verlauf")
for start in range(0, 105, 35):
    verb = "correspond" if start == 0 else "comment"
    call("POST", f"/tickets/bulk/{verb}", [{"id": long, "Content": f"Nachricht {number}", "ContentType": "text/plain"}
                                           for number in range(start, start + 35)])
facts["long"] = long

solved = ticket("gelöst in der Vergangenheit", Status="resolved", Created="2017-01-01 00:00:00",
                Started="2017-01-01 01:00:00", Resolved="2017-01-02 00:00:00")
facts["solved"] = solved
rejected = ticket("abgelehnt", queue="Billing")
call("PUT", f"/ticket/{rejected}", {"Status": "rejected"})
facts["rejected"] = rejected
deleted = ticket("gelöscht")
call("DELETE", f"/ticket/{deleted}")
facts["deleted"] = deleted
merged = ticket("doppelt", "das Gleiche nochmal")
call("PUT", f"/ticket/{merged}", {"MergeInto": int(first)})
facts["merged"] = merged
call("PUT", f"/ticket/{solved}", {"RefersTo": [int(first)]})
call("PUT", f"/ticket/{rejected}", {"Parent": int(first)})
call("PUT", f"/ticket/{html}", {"DependsOn": int(first)})
ticket("ohne Adresse", requestor="walkin")
ticket("zwei Kunden", requestor=["zoe@example.test", "second@example.test"])
ticket("nur eine Notiz im Betreff", "")
for number in range(26):
    ticket(f"Reihe {number:02}", f"Text {number}", requestor=f"kunde{number}@example.test",
           queue="Billing" if number % 2 else "Support", Created=f"2020-01-{number + 1:02} 10:00:00")

call("POST", "/class", {"Name": "FAQ", "Description": "public questions"})
for kind, name, text in (("General", "Passwort zurücksetzen", "Schritt 1\nSchritt 2 ü"), ("FAQ", "Öffnungszeiten", "9 bis 17 Uhr"),
                         ("FAQ", "Alt", "nicht mehr gültig")):
    number = call("POST", "/article", {"Class": kind, "Name": name, "Summary": f"kurz: {name}", "CustomFields": {"Content": text}})["id"]
call("DELETE", f"/article/{number}")

both = ticket("Mail mit zwei Körpern", "root")

# RT keeps headers that REST cannot set: the image that the HTML names, and a
# mail with two bodies and an empty file, as the mail gateway would have left them.
base = sqlite3.connect(os.path.join(STATE, "rt5.sqlite"), timeout=60)
base.execute("UPDATE Attachments SET Headers = 'Content-ID: <pixel@example.test>' || char(10) || Headers WHERE Filename = 'pixel.png'")
moved = base.execute("SELECT t.id FROM Transactions t WHERE t.ObjectType='RT::Ticket' AND t.ObjectId=? AND t.Type='Create'", (html,)).fetchone()[0]
image = base.execute("SELECT id, TransactionId FROM Attachments WHERE Filename='pixel.png'").fetchone()
base.execute("UPDATE Attachments SET TransactionId = ?, Parent = 0 WHERE id = ?", (moved, image[0]))
created = base.execute("SELECT id FROM Transactions WHERE ObjectType='RT::Ticket' AND ObjectId=? AND Type='Create'", (both,)).fetchone()[0]
root = base.execute("SELECT id FROM Attachments WHERE TransactionId=?", (created,)).fetchone()[0]
base.execute("""UPDATE Attachments SET ContentType='multipart/alternative', Content='', Headers=
  'From: Zoë Kundin <zoe@example.test>' || char(10) || 'To: support@rt.test,' || char(10) || '  sales@rt.test' || char(10) ||
  'In-Reply-To: <before@example.test>' || char(10) || 'X-RT-Interface: Email' WHERE id=?""", (root,))
for mime, text, name in (("text/plain", "nur Text", None), ("text/html", "<p>mit <i>HTML</i></p>", None), ("application/octet-stream", "", "leer.bin")):
    base.execute("""INSERT INTO Attachments (TransactionId, Parent, ContentType, ContentEncoding, Content, Filename, Headers, Creator, Created)
      VALUES (?,?,?,'none',?,?,?,1,'2019-03-04 05:06:07')""",
                 (created, root, mime, text, name, f"Content-Type: {mime}" + chr(10) + f"Content-Length: {len(text)}"))
base.executescript(open(os.path.join(HERE, "backdate.sql")).read())
base.commit()
facts["both"] = both
facts["hashes"] = sorted(set(hashes))
facts["tickets"] = base.execute("SELECT count(*) FROM Tickets").fetchone()[0]
facts["messages"] = base.execute("""SELECT count(*) FROM Transactions WHERE ObjectType='RT::Ticket'
  AND Type IN ('Create','Correspond','Comment')""").fetchone()[0]
print(json.dumps(facts))
