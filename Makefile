# tw-inspect: build, test and install. `make help` lists what there is; what takes more than a few lines lies in scripts/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SUFFIXES:
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=

BIN_DIR = $(DESTDIR)$(PREFIX)/bin
MAN_DIR = $(DESTDIR)$(PREFIX)/share/man
SCHEMA_DIR = $(DESTDIR)$(PREFIX)/share/tw-inspect/schema
BASH_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_DIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# Debug build and tests share .build. The release build has its own scratch path: changing build flags within one path
# compiles everything again, each time.
DEBUG := .build/debug/tw-inspect
RELEASE_SCRATCH := .build-release
RELEASE := $(RELEASE_SCRATCH)/release/tw-inspect
SWIFT_FILES := Package.swift Sources Tests man/generator

# A crash handler that symbolicates for minutes, or asks a question, would hold up whoever reads the output.
export SWIFT_BACKTRACE := enable=no
export CXX

.PHONY: help
help: ## list these targets
	@echo 'usage: make TARGET'
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	printf '%s\n' '' 'for example:' '  make run' '  make run ARGS="port 9527"' '  make test' '  make build && sudo make install'

##### Running and testing

# The debug build, because it is what one edits: a change is rebuilt in seconds, all that is compiled is shared with
# `make test`, and its checks stay on. `make build` makes the one to install. The build reports on stderr, so that
# make run ARGS="port 9527 --json" | jq works, and only where there is something to wait for.
.PHONY: run
run: deps-run ## build what is needed and run it: make run ARGS="port 9527" (without ARGS: demo)
	@if [ -e $(DEBUG) ]; then quiet=--quiet; else quiet=; fi
	swift build $$quiet --product tw-inspect >&2
	$(DEBUG) $(or $(ARGS),demo)

.PHONY: test
test: deps-test ## build and run every test (ARGS="--filter WaitTests": those)
	@scripts/test $(ARGS)

.PHONY: kernels
kernels: deps-kernels ## run the live tests in Linux 5.10, 6.1, 6.12 and the newest, emulated (ARGS=6.1: there)
	@scripts/kernels/test $(ARGS)

.PHONY: bench
bench: $(RELEASE) deps-bench ## compare with ss: start-up, 10 and 100,000 sockets (takes minutes)
	@Benchmarks/run --binary $(RELEASE) $(ARGS)

.PHONY: fuzz
fuzz: deps-build ## feed the decoders with what libFuzzer thinks up: a minute each (ARGS=SECONDS)
	@Tests/Fuzz/run $(or $(ARGS),60)

.PHONY: faults
faults: $(RELEASE) deps-faults ## make every system call of every command fail: minutes, as root (ARGS="--only wait")
	@scripts/faults $(ARGS) $(RELEASE)

##### The binary to install

.PHONY: build
build: $(RELEASE) ## make the binary to install: optimised, needs libc, libm and libmnl only

# All that the binary is made from. The directories are in it too: a file that is gone changes nothing else.
$(RELEASE): Makefile scripts/build-release Benchmarks/startup-order.txt Package.swift $(shell find Sources)
# What it needs is looked for in the recipe, so that `sudo make install` after `make build` asks for no Swift in root's PATH.
	@scripts/install-needs build
	scripts/build-release $(RELEASE_SCRATCH)
	touch $@
	ls -lL $@

.PHONY: startup-order
startup-order: deps-order ## choose anew which functions lie side by side (needs valgrind)
	@scripts/startup-order $(RELEASE_SCRATCH)

.PHONY: install
install: $(RELEASE) ## install under PREFIX (/usr/local) below DESTDIR: binary, man pages, completions, schemas
	@install -d '$(BIN_DIR)' '$(MAN_DIR)/man1' '$(MAN_DIR)/man5' '$(BASH_DIR)' '$(ZSH_DIR)' '$(FISH_DIR)' '$(SCHEMA_DIR)'
	install -m 755 $(RELEASE) '$(BIN_DIR)/tw-inspect'
	install -m 644 man/*.1 '$(MAN_DIR)/man1'
	install -m 644 man/*.5 '$(MAN_DIR)/man5'
	install -m 644 docs/schema/*.json '$(SCHEMA_DIR)'
	install -m 644 completions/tw-inspect.bash '$(BASH_DIR)/tw-inspect'
	install -m 644 completions/_tw-inspect '$(ZSH_DIR)/_tw-inspect'
	install -m 644 completions/tw-inspect.fish '$(FISH_DIR)/tw-inspect.fish'
	echo 'installed $(BIN_DIR)/tw-inspect, its man pages, completions and schemas'

.PHONY: uninstall
uninstall: ## remove what install put there (same PREFIX and DESTDIR)
	@rm -f '$(BIN_DIR)/tw-inspect' '$(BASH_DIR)/tw-inspect' '$(ZSH_DIR)/_tw-inspect' '$(FISH_DIR)/tw-inspect.fish'
	rm -f '$(MAN_DIR)'/man1/tw-inspect.1 '$(MAN_DIR)'/man1/tw-inspect-*.1 '$(MAN_DIR)'/man5/tw-inspect-*.5
	rm -f '$(SCHEMA_DIR)'/*.json
	rmdir '$(SCHEMA_DIR)' '$(dir $(SCHEMA_DIR))' 2>/dev/null || true
	echo 'removed tw-inspect from $(DESTDIR)$(PREFIX)'

##### What is generated from the commands, and committed

# The date that the manual pages bear: of the last change that users of the manual should notice. Never today's.
MAN_DATE := 2026-11-22

# Written below OUT.
OUT := .

.PHONY: man
man: deps-run ## write man/*.1 from the commands' help, man/*.5 from man/*.in and docs/schema
	@scripts/man $(MAN_DATE) '$(OUT)'

.PHONY: completions
completions: deps-run ## write completions/ for bash, zsh and fish
	@scripts/completions '$(OUT)'

.PHONY: check-generated
check-generated: deps-run ## fail where man/ or completions/ do not match the commands
	@scripts/check-generated $(MAN_DATE)

##### Style

.PHONY: format
format: ## format every Swift file
	@swift format --in-place --parallel --recursive $(SWIFT_FILES)

.PHONY: lint
lint: deps-check ## check format, imports, shell scripts, man pages and completions
	@scripts/lint $(SWIFT_FILES)

.PHONY: check-history
check-history: ## check the commits: no merges, short subjects, reasons
	@scripts/check-history

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf .build .build-*

##### What has to be installed

.PHONY: deps deps-run deps-build deps-test deps-faults deps-kernels deps-bench deps-order deps-check
deps: ## install what any of these needs (apt-get, with sudo where not root)
	@scripts/install-needs build test faults kernels bench check
deps-run deps-build deps-test deps-faults deps-kernels deps-bench deps-order deps-check:
	@scripts/install-needs $(@:deps-%=%)
