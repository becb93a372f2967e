"""Goes through the pages of an identity provider, as a person with a browser does.

Called as: browser.py PERSON URL [--stop]. With the name `nobody`, the person refuses. With --stop,
the address at which the provider sends the browser back is printed, and not opened. SSL_CERT_FILE
names the authority of the provider.
"""

import html
import http.cookiejar
import re
import sys
import urllib.parse
import urllib.request

BACK = "http://localhost:8085/"


class Stop(Exception):
    pass


class Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, url):
        if "--stop" in sys.argv and url.startswith(BACK):
            raise Stop(url)
        return super().redirect_request(request, file, code, message, headers, url)


def attribute(text, name):
    return html.unescape(re.search(name + r'="([^"]*)"', text).group(1))


def main():
    person, url = sys.argv[1:3]
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar, Redirects())
    answer = opener.open(url, timeout=10)
    for _ in range(5):
        if answer.url.startswith(BACK):
            print(answer.read().decode())
            return
        page = answer.read().decode()
        if person == "nobody":
            link = re.search(r'href="([^"]*/abort)"', page).group(1)
            answer = opener.open(urllib.parse.urljoin(answer.url, link), timeout=10)
            continue
        form = re.search(r"<form.*?</form>", page, re.S).group(0)
        fields = {"prompt": attribute(form, 'name="prompt" value'), "login": person, "password": "x"}
        action = urllib.parse.urljoin(answer.url, attribute(form, "action"))
        answer = opener.open(action, urllib.parse.urlencode(fields).encode(), timeout=10)
    raise SystemExit(f"the provider never came back: {answer.url}")


try:
    main()
except Stop as stop:
    print(stop)
