"""A stand-in for the paste service: what is sent to it goes to a file."""
import io
import os
import re
import urllib.parse
import urllib.request

count = 0


def urlopen(url, data=None):
    global count
    count += 1
    fields = urllib.parse.parse_qs(data.decode("ascii"))
    with open("sent.log", "a", encoding="utf-8") as log:
        for name, values in sorted(fields.items()):
            text = "".join(values)
            text = re.sub(r"^(platform|cachedir|rootdir|plugins|fastest|interpreter).*\n", "", text, flags=re.M)
            text = re.sub(r"in \d+\.\d+s[ =]*", "", re.sub(r"==+", "=", text))
            log.write(f"{url} {name}: {text}\n")
    if os.environ.get("PASTE") == "fails":
        raise OSError("no network")
    if os.environ.get("PASTE") == "odd":
        return io.BytesIO(b"<html>an error</html>")
    return io.BytesIO(f'<a href="/raw/slug{count}">raw</a>'.encode())


urllib.request.urlopen = urlopen
