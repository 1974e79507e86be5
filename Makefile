# One command to use the program (make run), one to prove it (make test). `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN    := .venv/bin
PORT   ?= 8501
DEMO   := data/demo.duckdb
CERT   := data/cert

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Empty: what Python has compiled it keeps, whatever the machine says. Else every start compiles the whole program anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run serve demo cert camera test check format bench lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="	" read -r name says; do printf '  make %-8s %s\n' "$$name" "$$says"; done

run: .venv/installed  ## set up what is missing and start the app (PORT=8501)
	$(BIN)/python -m ims_core serve --port $(PORT)

serve: .venv/installed  ## the same for the whole network, over https after make cert; needs accounts (Settings, People)
	IMS_ADDRESS=0.0.0.0 $(BIN)/python -m ims_core serve --port $(PORT)

demo: .venv/installed  ## start the app on a fresh sample shop, beside your own
	rm -f $(DEMO) $(DEMO).wal $(DEMO).newest
	IMS_DATABASE=$(DEMO) $(BIN)/python -m ims_core import data/sample/*.csv data/sample/*.xlsx
	IMS_DATABASE=$(DEMO) $(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/tools  ## every test; ARGS="tests/test_ledger.py -x" for some
	$(BIN)/python -m pytest $(ARGS)

check: .venv/tools  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/tools  ## lay the code out and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/tools  ## every figure, each as a ratio to a peer in the same run
	set -e; for script in benchmarks/*.py; do echo "-- $$script"; PYTHONPATH=. $(BIN)/python $$script; done

HERE  := $(shell hostname) $(shell hostname).local $(shell hostname -I 2>/dev/null)
comma := ,

cert: $(CERT)/cert.pem  ## a certificate for this machine's names: phones open a camera only over https

$(CERT)/cert.pem:
	mkdir -p $(CERT) && chmod 700 $(CERT)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 820 -subj "/CN=$(firstword $(HERE))" \
	  -addext "subjectAltName=DNS:localhost,IP:127.0.0.1$(foreach name,$(HERE),$(comma)$(if $(findstring :,$(name)),IP,$(if $(shell echo $(name) | grep -E '^[0-9.]+$$'),IP,DNS)):$(name))" \
	  -keyout $(CERT)/key.pem -out $@ 2>/dev/null

ZXING := zxing-wasm@3.1.4

camera:  ## let phones read codes in their own browser (zxing, MIT, 1 MB, from npm)
	@command -v npm >/dev/null || { echo "npm is missing. On Debian: sudo apt-get install npm. Without it the camera is read by the server." >&2; exit 1; }
	mkdir -p static/zxing && cd static/zxing && npm pack --silent $(ZXING) >/dev/null && tar xzf zxing-wasm-*.tgz
	cd static/zxing && mv package/dist/iife/reader/index.js package/dist/reader/zxing_reader.wasm package/LICENSE . && rm -r package zxing-wasm-*.tgz

LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --universal --python-version 3.11 --no-emit-index-url --upgrade -q

lock:  ## make both locks anew from the short lists; needs uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt

clean:  ## remove the environment and caches, never data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Each mark is younger than the list it was made from: a second `make run` asks pip for nothing.

.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. On Debian: sudo apt-get install python3.11 python3.11-venv" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Python 3.11 or newer is needed." >&2; exit 1; }
	"$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "Python cannot make environments here. On Debian: sudo apt-get install python3.11-venv" >&2; exit 1; }
	touch $@

.venv/installed: requirements.txt .venv/made
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

.venv/tools: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	touch $@
