"""The peers, how each is started, and the faults that they are known to have."""

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Optional

from launch import HOST, Missing

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "peers"
INSTALLED = HERE.parents[1] / "target/peers/interop"
PYTHON = INSTALLED / "venv/bin/python"
MODULES = INSTALLED / "node/node_modules"

NO_PING = {"Pinged": "no way to send a Ping"}
NO_CLOSE = {"Closed": "no way to choose the close code"}
NO_SUBPROTOCOL = {"subprotocol": "no subprotocols"}
NO_BINARY = {cell: "no binary messages" for cell in ("binary", "1 MiB", "16 MiB")}


@dataclass
class Peer:
    """A server or proxy."""

    name: str
    title: str
    version: Callable[[], str]
    #: The command and its environment, of the port, the port of the server behind a proxy, whether it
    #: uses TLS, and the folder of the certificate and of files to write.
    command: Callable
    group: str = "server"
    #: Cells that do not apply, and why.
    without: dict = field(default_factory=dict)
    upstream: Optional[Callable] = None
    #: The scheme of `-x` for a forward proxy.
    forward: Optional[str] = None
    #: Every cell is tried over TLS.
    only_tls: bool = False
    path: str = "/"


def certificate(folder, tls):
    return [folder / "cert.pem", folder / "key.pem"] if tls else []


def words(*parts):
    return [str(part) for part in parts]


# Packages of PyPI.

def python_version(package):
    if not PYTHON.exists():
        raise Missing(f"{PYTHON} not found")
    code = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    ran = subprocess.run([PYTHON, "-c", code, package], capture_output=True, text=True, timeout=60)
    if ran.returncode:
        raise Missing(f"{package} is not installed")
    return ran.stdout.strip()


def python(name, title, package, without=(), server=None):
    def command(port, _upstream, tls, folder):
        run = words(PYTHON, SCRIPTS / "python_servers.py", server or name, port, *certificate(folder, tls))
        return run, {"PYTHONPATH": str(SCRIPTS), "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}

    return Peer(name, title, functools.partial(python_version, package), command, without=dict(without))


# Packages of npm.

def node_version(package):
    path = MODULES / package / "package.json"
    if not path.exists():
        raise Missing(f"{path} not found")
    return json.loads(path.read_text())["version"]


def node(name, title, package, script=None, runtime="node", **more):
    def command(port, upstream, tls, folder):
        environment = {"NODE_PATH": str(MODULES), "UPSTREAM": str(upstream)}
        which = [] if script else [name]
        run = words(*runtime.split(), SCRIPTS / (script or "node_servers.js"), *which, port,
                    *certificate(folder, tls))
        run[0] = str(MODULES / ".bin" / run[0]) if run[0] in ("bun", "deno") else run[0]
        return run, environment

    return Peer(name, title, functools.partial(node_version, package), command, **more)


def workerd(port, _upstream, tls, folder):
    run = words(MODULES / ".bin/workerd", "serve", SCRIPTS / "workerd.capnp", "--experimental",
                f"--import-path={MODULES}", "--socket-addr", f"http={HOST}:{port}")
    return run, {}


# Packages of Debian.

def debian_version(*packages):
    versions = []
    for package in packages:
        ran = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}\n", package],
                             capture_output=True, text=True, timeout=60)
        if ran.returncode or not ran.stdout.startswith("installed "):
            raise Missing(f"Debian's {package} is not installed")
        versions.append(ran.stdout.split()[1])
    # The part of the upstream version.
    return re.sub(r"^\d+:|[-+~].*$", "", versions[0])


def debian(name, title, packages, command, **more):
    return Peer(name, title, functools.partial(debian_version, *packages.split()), command, **more)


@functools.lru_cache(maxsize=None)
def go_build(script):
    """Compiles a server with Debian's Go and its libraries."""
    if not shutil.which("go"):
        raise Missing("go not found")
    folder = INSTALLED / "go"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / Path(script).stem
    environment = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "-buildvcs=false",
                   "HOME": tempfile.gettempdir(), "PATH": "/usr/bin:/bin", "GOCACHE": str(folder / "cache")}
    ran = subprocess.run(["go", "build", "-o", program, SCRIPTS / script], capture_output=True, text=True,
                         env=environment, timeout=600)
    if ran.returncode:
        raise Missing(f"could not compile {script}: {ran.stderr}")
    return program


def golang(name, title, package, without=()):
    def command(port, _upstream, tls, folder):
        return words(go_build(f"{name}.go"), port, *certificate(folder, tls)), {}

    return debian(name, title, f"{package} golang-go", command, without=dict(without))


def with_system_python(name):
    def command(port, _upstream, tls, folder):
        run = words("/usr/bin/python3", SCRIPTS / "python_servers.py", name, port, *certificate(folder, tls))
        return run, {"PYTHONDONTWRITEBYTECODE": "1"}

    return command


def mojolicious(port, _upstream, tls, folder):
    return words("perl", SCRIPTS / "mojolicious.pl", port, *certificate(folder, tls)), {}


def em_websocket(port, _upstream, tls, folder):
    return words("ruby", "-W0", SCRIPTS / "em_websocket.rb", port, *certificate(folder, tls)), {}


def faye_ruby(port, _upstream, tls, folder):
    secure = ["--ssl", "--ssl-cert-file", folder / "cert.pem", "--ssl-key-file", folder / "key.pem"] if tls else []
    run = words("thin", "start", "-R", SCRIPTS / "faye.ru", "-a", HOST, "-p", port, "-q", "-e", "production",
                *secure)
    return run, {}


def uwsgi(port, _upstream, tls, folder):
    listen = ["--https", f"{HOST}:{port},{folder / 'cert.pem'},{folder / 'key.pem'}", "--http-websockets"]
    plain = ["--http", f"{HOST}:{port}", "--http-websockets"]
    run = words("uwsgi", "--plugin", "http,python3", *(listen if tls else plain), "--threads", "8", "--wsgi-file",
                SCRIPTS / "uwsgi_server.py", "--websocket-max-size", 65536, "--disable-logging")
    return run, {"PYTHONDONTWRITEBYTECODE": "1"}


# Proxies. Behind each is the server of the Python package websockets.

def behind(port, tls, folder):
    run = words(PYTHON, SCRIPTS / "python_servers.py", "websockets_asyncio", port, *certificate(folder, tls))
    return run, {"PYTHONDONTWRITEBYTECODE": "1"}


def reverse(name, title, package, command, **more):
    return debian(name, title, package, command, group="reverse proxy", upstream=behind, **more)


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def nginx(port, upstream, tls, folder):
    secure = f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;" if tls else ""
    path = written(folder, "nginx.conf", f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
  uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  server {{
    listen {HOST}:{port} {'ssl' if tls else ''}; {secure}
    location / {{
      proxy_pass http://{HOST}:{upstream}; proxy_http_version 1.1; proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
    }}
  }}
}}
""")
    return words("/usr/sbin/nginx", "-p", folder, "-c", path, "-e", "stderr"), {}


def apache(port, upstream, tls, folder):
    modules = Path("/usr/lib/apache2/modules")
    names = ["mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel", "rewrite"]
    names += ["ssl", "socache_shmcb"] if tls else []
    loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names)
    secure = f"SSLEngine on\nSSLCertificateFile {folder}/cert.pem\nSSLCertificateKeyFile {folder}/key.pem" if tls else ""
    path = written(folder, "apache.conf", f"""
{loads}
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex posixsem
ErrorLog /dev/stderr
Listen {HOST}:{port}
User #65534
Group #65534
{secure}
ProxyPass / http://{HOST}:{upstream}/ upgrade=websocket
""")
    return words("/usr/sbin/apache2", "-X", "-f", path), {}


def haproxy(port, upstream, tls, folder):
    secure = f"ssl crt {folder}/both.pem" if tls else ""
    path = written(folder, "haproxy.cfg", f"""
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend f
  bind {HOST}:{port} {secure}
  default_backend b
backend b
  server s {HOST}:{upstream}
""")
    return words("/usr/sbin/haproxy", "-db", "-q", "-f", path), {}


def caddy(port, upstream, tls, folder):
    secure = f"tls {folder}/cert.pem {folder}/key.pem" if tls else ""
    scheme = "https" if tls else "http"
    path = written(folder, "Caddyfile", f"""
{{
  admin off
  auto_https off
}}
{scheme}://{HOST}:{port} {{
  {secure}
  reverse_proxy {HOST}:{upstream}
}}
""")
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return words("caddy", "run", "--config", path, "--adapter", "caddyfile"), environment


def lighttpd(port, upstream, tls, folder):
    secure = (f'server.modules += ("mod_openssl")\nssl.engine = "enable"\nssl.pemfile = "{folder}/cert.pem"\n'
              f'ssl.privkey = "{folder}/key.pem"') if tls else ""
    path = written(folder, "lighttpd.conf", f"""
server.modules = ("mod_proxy")
server.document-root = "{folder}"
server.bind = "{HOST}"
server.port = {port}
{secure}
proxy.server = ("" => (("host" => "{HOST}", "port" => {upstream})))
proxy.header = ("upgrade" => "enable")
""")
    return words("/usr/sbin/lighttpd", "-D", "-f", path), {}


def varnish(port, upstream, _tls, folder):
    path = written(folder, "default.vcl", f"""
vcl 4.1;
backend default {{ .host = "{HOST}"; .port = "{upstream}"; }}
sub vcl_recv {{ if (req.http.upgrade ~ "(?i)websocket") {{ return (pipe); }} }}
sub vcl_pipe {{ set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection; }}
""")
    run = words("/usr/sbin/varnishd", "-F", "-n", folder / "varnish", "-a", f"{HOST}:{port}", "-f", path, "-T", "none",
                "-j", "none", "-s", "malloc,16m")
    return run, {}


def hitch(port, upstream, _tls, folder):
    # It refuses to work as root.
    user = ["--user=nobody"] if os.geteuid() == 0 else []
    run = words("/usr/sbin/hitch", *user, "--quiet", f"--backend=[{HOST}]:{upstream}", f"--frontend=[{HOST}]:{port}",
                "--workers=1", folder / "both.pem")
    return run, {}


def stunnel(port, upstream, _tls, folder):
    path = written(folder, "stunnel.conf", f"""
foreground = yes
pid =
[server]
accept = {HOST}:{port}
connect = {HOST}:{upstream}
cert = {folder}/cert.pem
key = {folder}/key.pem
""")
    return words("stunnel", path), {}


def nghttpx(port, upstream, tls, folder):
    secure = [folder / "key.pem", folder / "cert.pem"] if tls else []
    front = f"{HOST},{port}" + ("" if tls else ";no-tls")
    path = written(folder, "nghttpx.conf", "")
    run = words("nghttpx", "--conf", path, f"--frontend={front}", f"--backend={HOST},{upstream}", "--workers=1",
                "--no-ocsp", *secure)
    return run, {}


def forward(name, title, package, command, scheme="http", **more):
    return debian(name, title, package, command, group="proxy", upstream=behind, forward=scheme, **more)


def tinyproxy(port, _upstream, _tls, folder):
    path = written(folder, "tinyproxy.conf", f"Port {port}\nListen {HOST}\nTimeout 60\nMaxClients 50\n")
    return words("tinyproxy", "-d", "-c", path), {}


def squid(port, _upstream, _tls, folder):
    program = "/usr/sbin/squid" if Path("/usr/sbin/squid").exists() else "squid"
    path = written(folder, "squid.conf", f"""
http_port {HOST}:{port}
http_access allow all
cache deny all
pid_filename none
access_log none
cache_log /dev/null
cache_store_log none
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
visible_hostname localhost
""")
    # Its shared memory has this name.
    return words(program, "-N", "-n", f"interop{port}", "-f", path), {}


def privoxy(port, _upstream, _tls, folder):
    path = written(folder, "privoxy.conf", f"listen-address {HOST}:{port}\nconfdir {folder}\nlogdir {folder}\n")
    return words("/usr/sbin/privoxy", "--no-daemon", path), {}


def microsocks(port, _upstream, _tls, _folder):
    return words("microsocks", "-i", HOST, "-p", port), {}


PEERS = [
    python("websockets_asyncio", "websockets (Python, asyncio)", "websockets"),
    python("websockets_threading", "websockets (Python, threads)", "websockets"),
    python("aiohttp", "aiohttp", "aiohttp"),
    python("tornado", "Tornado", "tornado"),
    python("uvicorn_websockets", "Uvicorn with websockets", "uvicorn", NO_PING),
    python("uvicorn_wsproto", "Uvicorn with wsproto", "uvicorn", NO_PING),
    python("hypercorn", "Hypercorn", "hypercorn", NO_PING),
    python("daphne", "Daphne", "daphne", NO_PING),
    python("granian", "Granian", "granian", NO_PING),
    python("sanic", "Sanic", "sanic", {"subprotocol": "refuses clients that offer none, once it has one"}),
    python("autobahn", "Autobahn on Twisted", "autobahn"),
    python("gevent", "gevent-websocket", "gevent-websocket", NO_SUBPROTOCOL),
    python("simple_websocket", "simple-websocket on Werkzeug", "simple-websocket", NO_PING),
    python("websocket_server", "websocket-server", "websocket-server", {**NO_BINARY, **NO_SUBPROTOCOL, **NO_PING, "Closed": "only close codes up to 1015"}),
    python("trio_websocket", "trio-websocket", "trio-websocket"),
    python("picows", "picows", "picows", NO_SUBPROTOCOL),
    python("socketify", "socketify (µWebSockets), with Debian's libuv1", "socketify",
           {**NO_PING, "subprotocol": "selects the first on offer"}),
    python("ws4py", "ws4py", "ws4py"),
    python("eventlet", "Eventlet", "eventlet", NO_PING),
    python("microdot", "Microdot", "microdot", {**NO_CLOSE, **NO_SUBPROTOCOL}),
    python("simple_websocket_server", "simple-websocket-server", "simple-websocket-server",
           {**NO_PING, **NO_SUBPROTOCOL}),
    python("robyn", "Robyn", "robyn", {**NO_PING, **NO_CLOSE, **NO_BINARY, **NO_SUBPROTOCOL, "wss": "no TLS"}),
    replace(python("pywebsocket3", "pywebsocket3", "pywebsocket3"), path="/echo"),
    node("ws", "ws", "ws"),
    node("websocket", "websocket (npm)", "websocket"),
    node("faye", "faye-websocket", "faye-websocket"),
    node("nodejs_websocket", "nodejs-websocket", "nodejs-websocket"),
    node("bun", "Bun", "bun", script="bun_server.js", runtime="bun"),
    node("deno", "Deno", "deno", script="deno_server.js", without=NO_PING,
         runtime="deno run --quiet --no-prompt --allow-net=127.0.0.1 --allow-read"),
    Peer("workerd", "workerd (Cloudflare Workers)", functools.partial(node_version, "workerd"), workerd,
         without={**NO_PING, "wss": "no TLS without a configuration of its own"}),
    golang("gorilla", "gorilla/websocket (Go)", "golang-github-gorilla-websocket-dev"),
    golang("xnet", "golang.org/x/net/websocket", "golang-golang-x-net-dev", NO_PING),
    golang("nhooyr", "nhooyr.io/websocket (Go)", "golang-nhooyr-websocket-dev"),
    debian("mojolicious", "Mojolicious (Perl)", "libmojolicious-perl libio-socket-ssl-perl", mojolicious),
    debian("em_websocket", "em-websocket (Ruby)", "ruby-em-websocket", em_websocket, without=NO_SUBPROTOCOL),
    debian("faye_ruby", "faye-websocket on Thin (Ruby)", "ruby-faye-websocket thin", faye_ruby),
    debian("soup", "libsoup 3 (C)", "gir1.2-soup-3.0 python3-gi glib-networking", with_system_python("soup"),
           without=NO_PING),
    debian("qt", "Qt WebSockets (C++)", "python3-pyqt5.qtwebsockets", with_system_python("qt"),
           without=NO_SUBPROTOCOL),
    debian("uwsgi", "uWSGI", "uwsgi-core uwsgi-plugin-python3", uwsgi,
           without={**NO_PING, **NO_CLOSE, **NO_SUBPROTOCOL}),
    reverse("nginx", "nginx", "nginx-light", nginx),
    reverse("apache", "Apache httpd", "apache2-bin", apache),
    reverse("haproxy", "HAProxy", "haproxy", haproxy),
    reverse("caddy", "Caddy", "caddy", caddy),
    reverse("lighttpd", "lighttpd", "lighttpd lighttpd-mod-openssl", lighttpd),
    reverse("varnish", "Varnish", "varnish", varnish, without={"wss": "no TLS"}),
    reverse("hitch", "Hitch", "hitch", hitch, only_tls=True),
    reverse("stunnel", "stunnel", "stunnel4", stunnel, only_tls=True),
    reverse("nghttpx", "nghttpx", "nghttp2-proxy", nghttpx),
    node("http_proxy", "http-proxy (npm)", "http-proxy", group="reverse proxy", upstream=behind),
    node("http_proxy_3", "http-proxy-3 (npm)", "http-proxy-3", group="reverse proxy", upstream=behind),
    forward("tinyproxy", "Tinyproxy (CONNECT)", "tinyproxy-bin", tinyproxy),
    forward("squid", "Squid (CONNECT)", "squid", squid),
    forward("privoxy", "Privoxy (CONNECT)", "privoxy", privoxy),
    forward("microsocks", "microsocks (SOCKS 5)", "microsocks", microsocks, scheme="socks5"),
]


class Fault:
    """A fault of a peer: what it does wrong, and the lines of `wsline -vvv` that prove it."""

    def __init__(self, meaning, *patterns):
        self.meaning = meaning
        self.patterns = [re.compile(f"^{pattern}$", re.M | re.I) for pattern in patterns]

    def shows_in(self, printed):
        return all(pattern.search(printed) for pattern in self.patterns)

    def text(self, printed):
        lines = [pattern.search(printed).group(0) for pattern in self.patterns]
        shown = [f"`{re.sub(r'  +', ' ', line)}`" for line in lines]
        return f"{self.meaning}: {', '.join(shown)}"


UNANSWERED = "\\* the server closed the connection before both Close frames were exchanged"
LOST = "(\\* the connection was lost: .*|\\* the server closed the connection before .*)"
IGNORES_OFFER = "accepts the offer without `server_no_context_takeover` in its response (RFC 7692 §7.1.1.1)"
NO_ANSWER = Fault("ends TCP without an answer to our Close (RFC 6455 §5.5.1)", "> CLOSE .*", UNANSWERED)
EACH_A_MESSAGE = Fault("takes each fragment for a message (RFC 6455 §5.4)", "> (TEXT|BINARY) fin=0 .*",
                       "< (TEXT|BINARY) fin=1 .*")
CLOSES = Fault("closes at the first fragment", "> (TEXT|BINARY) fin=0 .*", "< CLOSE fin=1 rsv=000 mask=0 len=0")
DROPS_EMPTY = Fault("does not send an empty message", "> TEXT fin=1 rsv=000 mask=1 len=0",
                    "wsline: timed out after .*")

FAULTS = {
    ("tornado", "no context"): Fault(
        IGNORES_OFFER, "> Sec-WebSocket-Extensions: .*", "< Sec-Websocket-Extensions: permessage-deflate"),
    ("mojolicious", "no context"): Fault(IGNORES_OFFER, "> Sec-WebSocket-Extensions: .*",
                                         "< Sec-WebSocket-Extensions: permessage-deflate"),
    ("socketify", "no context"): Fault(
        IGNORES_OFFER, "> Sec-WebSocket-Extensions: .*",
        "< sec-websocket-extensions: permessage-deflate; client_no_context_takeover"),
    ("daphne", "empty"): DROPS_EMPTY,
    ("daphne", "16 MiB"): Fault("ends TCP without a Close in the middle of a message", "> CONTINUATION fin=0 .*", LOST),
    ("uwsgi", "1 MiB"): EACH_A_MESSAGE,
    ("uwsgi", "16 MiB"): EACH_A_MESSAGE,
    ("uwsgi", "fragments"): EACH_A_MESSAGE,
    ("uwsgi", "Ping"): Fault(
        "answers a Ping without its payload (RFC 6455 §5.5.3)", "> PING fin=1 .* len=8", "< PONG fin=1 .* len=0"),
    ("gevent", "Close"): Fault(
        "answers with text where the code belongs (RFC 6455 §5.5.1)", "> Close 4321 .*", "< 00000000  88 12 62 79 .*"),
    ("gevent", "Closed"): Fault("sends the reason without a code (RFC 6455 §5.5.1)", "< 00000000  88 03 62 79 65 .*"),
    ("websocket_server", "fragments"): EACH_A_MESSAGE,
    ("websocket_server", "Close"): NO_ANSWER,
    ("simple_websocket_server", "Close"): Fault(
        "answers codes from 4000 on with 1002", "> Close 4321 .*", "< 00000000  88 06 03 ea .*"),
    ("robyn", "fragments"): Fault(
        "never answers a message in fragments", "> CONTINUATION fin=1 .*", "wsline: timed out after .*"),
    ("robyn", "Close"): NO_ANSWER,
    ("xnet", "1 MiB"): EACH_A_MESSAGE,
    ("xnet", "16 MiB"): EACH_A_MESSAGE,
    ("xnet", "fragments"): EACH_A_MESSAGE,
    ("xnet", "Close"): NO_ANSWER,
    ("microdot", "empty"): DROPS_EMPTY,
    ("microdot", "1 MiB"): CLOSES,
    ("microdot", "16 MiB"): CLOSES,
    ("microdot", "fragments"): CLOSES,
    ("ws4py", "wss"): Fault(
        "leaves a message in its TLS buffer until more arrives", "> TEXT .*", "wsline: timed out after .*", "< TEXT .*"),
}
