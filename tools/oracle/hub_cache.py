"""Does huggingface_hub find, offline, what Lion wrote into the cache?

    python3 -m venv v && v/bin/pip install huggingface_hub
    v/bin/python tools/oracle/hub_cache.py ../shared/data/models/stories260k ./lion inspect hub:org/tiny

Serves a model folder on loopback as the repository org/tiny, lets a command of Lion fetch it (HF_HUB_CACHE and HF_ENDPOINT are in its environment), stops the
server, and then asks the Python library with HF_HUB_OFFLINE=1. Prints what it found; exits 1 where anything differs.
"""
import hashlib, http.server, json, os, subprocess, sys, tempfile, threading

FOLDER = sys.argv[1]
NAMES = sorted(name for name in os.listdir(FOLDER) if name.endswith((".json", ".safetensors")))
FILES = {name: open(os.path.join(FOLDER, name), "rb").read() for name in NAMES}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "org/tiny"


def git(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def blob(path):
    return hashlib.sha256(FILES[path]).hexdigest() if path.endswith(".safetensors") else git(FILES[path])


class Hub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if "/revision/" in self.path:
            self.reply(json.dumps({"id": REPO, "sha": COMMIT}).encode())
        elif "/tree/" in self.path:
            entries = []
            for path, content in FILES.items():
                entry = {"type": "file", "path": path, "size": len(content), "oid": git(content)}
                if path.endswith(".safetensors"):
                    entry["lfs"] = {"oid": blob(path), "size": len(content), "pointerSize": 130}
                entries.append(entry)
            self.reply(json.dumps(entries).encode())
        else:
            self.reply(FILES[self.path.split(COMMIT + "/")[1]])

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


cache = tempfile.mkdtemp()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, HF_HUB_CACHE=cache, HF_ENDPOINT="http://127.0.0.1:%d" % server.server_port)
command = subprocess.run(sys.argv[2:], env=environment, capture_output=True, text=True)
print("lion:", command.returncode, command.stderr[-500:])
server.shutdown()

os.environ.update(HF_HUB_CACHE=cache, HF_HUB_OFFLINE="1")
import huggingface_hub

print("huggingface_hub", huggingface_hub.__version__)
wrong = command.returncode != 0
for path in FILES:
    found = huggingface_hub.hf_hub_download(REPO, path)
    same = open(found, "rb").read() == FILES[path]
    wrong += not same
    print("hf_hub_download", path, "same" if same else "DIFFERENT", os.path.relpath(os.path.realpath(found), cache))
folder = huggingface_hub.snapshot_download(REPO)
print("snapshot_download", os.path.relpath(folder, cache), sorted(os.listdir(folder)))
wrong += sorted(os.listdir(folder)) != sorted(FILES)
info = huggingface_hub.scan_cache_dir(cache)
print("scan_cache_dir warnings", info.warnings, [(r.repo_id, r.nb_files, sorted(r.refs)) for r in info.repos])
wrong += bool(info.warnings) or len(info.repos) != 1
sys.exit(1 if wrong else 0)
