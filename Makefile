# tw-inspect: build, test and install. `make help` lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SUFFIXES:
.DEFAULT_GOAL := help

comma := ,

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=

BIN_DIR = $(DESTDIR)$(PREFIX)/bin
MAN_DIR = $(DESTDIR)$(PREFIX)/share/man/man1
BASH_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_DIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# Debug build and tests share .build. The release build has its own scratch path: changing build flags within one path
# compiles everything again, each time.
DEBUG := .build/debug/tw-inspect
RELEASE_SCRATCH := .build-release
RELEASE := $(RELEASE_SCRATCH)/release/tw-inspect
# For one scratch path: what is linked statically lies in a directory in it.
STATIC_FLAGS = --static-swift-stdlib -Xswiftc -I$(1)/static -Xswiftc -L$(1)/static \
  -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
  -Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import
RELEASE_FLAGS = $(call STATIC_FLAGS,$(RELEASE_SCRATCH)) -Xswiftc -use-ld=lld
FOUNDATION_STAND_IN := Sources/FoundationStandIn/FoundationEssentials.swift
STARTUP_ORDER := Benchmarks/startup-order.txt
SOURCES := Package.swift $(shell find Sources -type f)
SWIFT_FILES := Package.swift Sources Tests $(wildcard Benchmarks man/generator)

# A crash handler that symbolicates for minutes, or asks a question, would hold up whoever reads the output.
export SWIFT_BACKTRACE := enable=no

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

# Live tests need network namespaces of their own. Where none can be made they skip themselves, but in CI (TW_REQUIRE_LAB)
# they fail: nobody would notice. Building happens outside sudo, so that nothing in .build ends up owned by root.
# The kernel is asked far more with TW_SLOW=1; TW_SEED=N repeats what a failure names (Tests/LinuxHostTests/Oracle.swift).
# No test uses XCTest (make lint checks): its "0 tests" at the end would be misleading.
.PHONY: test
test: deps-test ## build and run every test
	@if [ "$${CI:-}" = true ]; then export TW_REQUIRE_LAB=1; fi
	swift build --build-tests
	tests='swift test --skip-build --disable-xctest'
	if unshare --net ip link set lo up 2>/dev/null; then
	  $$tests
	elif unshare --map-root-user --net ip link set lo up 2>/dev/null; then
	  echo 'make: the tests run in a user namespace, where they may make network namespaces'
	  # In a network namespace from the start: to one that belongs to another user they could not come back.
	  unshare --map-root-user --net bash -c "ip link set lo up && exec $$tests"
	elif sudo -n true 2>/dev/null || { [ "$${CI:-}" != true ] && [ -t 0 ] && command -v sudo >/dev/null; }; then
	  echo 'make: user namespaces are not permitted here; the tests run with sudo'
	  status=0
	  sudo env "PATH=$$PATH" "SWIFT_BACKTRACE=$$SWIFT_BACKTRACE" "TW_REQUIRE_LAB=$${TW_REQUIRE_LAB:-}" \
	    "TW_SLOW=$${TW_SLOW:-}" "TW_SEED=$${TW_SEED:-}" $$tests || status=$$?
	  sudo chown -R "$$(id -u):$$(id -g)" .build
	  exit $$status
	else
	  echo 'make: neither user namespaces nor sudo: tests that need a network namespace will be skipped' >&2
	  $$tests
	fi

.PHONY: bench
bench: $(RELEASE) deps-bench ## compare with ss: start-up, 10 and 100,000 sockets (takes minutes)
	@Benchmarks/run --binary $(RELEASE) $(ARGS)

##### The binary to install

# The Swift runtime and libstdc++ are linked statically: what is left to load is libc, libm and libmnl, so that it starts
# in half the time and needs no Swift on the machine. libstdc++.a is linked from a directory with nothing else in
# it, or the linker would prefer the shared library beside it. The frontend's options have type metadata asked for by call
# and not looked up by name (a fifth fewer instructions until the first line of output), and leave out regular
# expressions, which nobody uses here. In the place of FoundationEssentials stands what the argument parser needs of it:
# the Swift runtime searches everything that is linked in, at each start. Functions that run at start-up
# lie side by side (STARTUP_ORDER), and relocations are packed where the C library can read that (glibc 2.36): 2.5 MiB less
# memory in use.
# link_statically SCRATCH: fills the directory that STATIC_FLAGS speak of.
define link_statically
	archive=$$($(CXX) -print-file-name=libstdc++.a)
	if [ ! -f "$$archive" ]; then echo "make: $(CXX) knows no libstdc++.a; it comes with Debian's g++" >&2; exit 1; fi
	mkdir -p $(1)/static
	ln -sf "$$archive" $(1)/static/libstdc++.a
	if [ $(FOUNDATION_STAND_IN) -nt $(1)/static/libFoundationStandIn.a ]; then
	  swiftc -O -wmo -parse-as-library -module-name FoundationEssentials -module-link-name FoundationStandIn \
	    -emit-module -emit-module-path $(1)/static/FoundationEssentials.swiftmodule \
	    -emit-library -static -o $(1)/static/libFoundationStandIn.a $(FOUNDATION_STAND_IN)
	fi
endef

.PHONY: build
build: $(RELEASE) ## make the binary to install: optimised, needs libc, libm and libmnl only

# What it needs is looked for in the recipe, so that `sudo make install` after `make build` asks for no Swift in root's PATH.
$(RELEASE): $(SOURCES)
	@$(MAKE) --no-print-directory deps-build
	$(call link_statically,$(RELEASE_SCRATCH))
	swift build --configuration release --scratch-path $(RELEASE_SCRATCH) --product tw-inspect $(RELEASE_FLAGS) \
	  -Xlinker -s -Xlinker --symbol-ordering-file=$(STARTUP_ORDER) -Xlinker --no-warn-symbol-ordering \
	  $$(if ldd --version 2>/dev/null | awk 'NR == 1 { split($$NF, v, "."); exit !(v[1] > 2 || v[2] >= 36) }'; then
	    echo '-Xlinker -z -Xlinker pack-relative-relocs'; fi)
	touch $@
	ls -lL $@

# Writes down which functions run, in which order. Names that a later compiler does not know cost nothing but the gain.
.PHONY: startup-order
startup-order: deps-build ## measure anew in which order functions run at start-up (needs valgrind)
	@scratch=.build-order
	$(call link_statically,.build-order)
	swift build --configuration release --scratch-path $$scratch --product tw-inspect \
	  $(call STATIC_FLAGS,.build-order) -Xlinker -S
	number=0
	for command in 'port 9527' 'port 9527 --output jsonl' 'port 9527 --json' 'trybind 9527' 'trybind 9527 --reuse --json'; do
	  valgrind --tool=callgrind --demangle=no --callgrind-out-file=$$scratch/calls.$$((++number)) \
	    $$scratch/release/tw-inspect $$command >/dev/null 2>&1 || [ $$? = 1 ]
	done
	cat $$scratch/calls.* | sed -nE "s/^c?fn=\\([0-9]+\\) ([^ ']+).*/\\1/p" | grep -v '^0x' | awk '!seen[$$0]++' >$(STARTUP_ORDER)
	wc -l $(STARTUP_ORDER)

.PHONY: install
install: $(RELEASE) ## install under PREFIX (/usr/local) below DESTDIR: binary, man pages, completions
	@install -d '$(BIN_DIR)' '$(MAN_DIR)' '$(BASH_DIR)' '$(ZSH_DIR)' '$(FISH_DIR)'
	install -m 755 $(RELEASE) '$(BIN_DIR)/tw-inspect'
	install -m 644 man/*.1 '$(MAN_DIR)'
	install -m 644 completions/tw-inspect.bash '$(BASH_DIR)/tw-inspect'
	install -m 644 completions/_tw-inspect '$(ZSH_DIR)/_tw-inspect'
	install -m 644 completions/tw-inspect.fish '$(FISH_DIR)/tw-inspect.fish'
	echo 'installed $(BIN_DIR)/tw-inspect, its man pages and completions'

.PHONY: uninstall
uninstall: ## remove what install put there (same PREFIX and DESTDIR)
	@rm -f '$(BIN_DIR)/tw-inspect' '$(BASH_DIR)/tw-inspect' '$(ZSH_DIR)/_tw-inspect' '$(FISH_DIR)/tw-inspect.fish'
	rm -f '$(MAN_DIR)'/tw-inspect.1 '$(MAN_DIR)'/tw-inspect-*.1
	echo 'removed tw-inspect from $(DESTDIR)$(PREFIX)'

##### What is generated from the commands, and committed

# The date that the manual pages bear: of the last change that users of the manual should notice. Never today's.
MAN_DATE := 2026-11-22

# Written below OUT, which is here unless check-generated says otherwise.
OUT := .

.PHONY: man
man: deps-run ## write man/*.1 from the commands' help
	@swift build --quiet --product tw-inspect
	swift build --quiet --product man-pages
	pages=$$(mktemp -d)
	trap 'rm -rf "$$pages"' EXIT
	$(DEBUG) --experimental-dump-help | .build/debug/man-pages $(MAN_DATE) "$$pages"
	mkdir -p $(OUT)/man
	rm -f $(OUT)/man/*.1
	cp "$$pages"/*.1 $(OUT)/man

.PHONY: completions
completions: deps-run ## write completions/ for bash, zsh and fish
	@swift build --quiet --product tw-inspect
	mkdir -p $(OUT)/completions
	$(DEBUG) --generate-completion-script bash > $(OUT)/completions/tw-inspect.bash
	$(DEBUG) --generate-completion-script zsh > $(OUT)/completions/_tw-inspect
	$(DEBUG) --generate-completion-script fish > $(OUT)/completions/tw-inspect.fish

.PHONY: check-generated
check-generated: ## fail where man/ or completions/ do not match the commands
	@fresh=$$(mktemp -d)
	trap 'rm -rf "$$fresh"' EXIT
	$(MAKE) --no-print-directory man completions OUT="$$fresh"
	if ! { diff -ru --exclude=generator man "$$fresh/man" && diff -ru completions "$$fresh/completions"; }; then
	  echo 'make: man/ or completions/ do not match the commands. Run: make man completions' >&2
	  exit 1
	fi

##### Style

.PHONY: format
format: ## format every Swift file
	@swift format --in-place --parallel --recursive $(SWIFT_FILES)

# The rooms between bytes and reports import each other and nothing else: so they need no kernel to be tested, and
# no other place to be understood. Foundation would double the time that the program takes to start.
IMPORT := ^[[:space:]]*((@[a-zA-Z_]+(\([a-z]+\))?|package|public|internal|fileprivate|private)[[:space:]]+)*import[[:space:]]+
PURE := NetlinkCodec|SocketTable|Diagnosis|Handbook|Reports
# Findings and remedies are told by cases. A string with a blank in it would be a sentence or a command: Reports makes those.
WORDLESS := Sources/Diagnosis

.PHONY: lint
lint: deps-check ## check format, imports, shell scripts, man pages and completions
	@failed=0
	complain() { echo "make: $$*" >&2; failed=1; }
	swift format lint --strict --parallel --recursive $(SWIFT_FILES) || complain 'run: make format'
	if grep -rnE '$(IMPORT)' Sources/{$(subst |,$(comma),$(PURE))} | grep -vE 'import ($(PURE))$$'; then
	  complain '$(subst |,$(comma) ,$(PURE)) import nothing but each other'
	fi
	if grep -rnE '$(IMPORT)((struct|class|enum|func) )?(Core)?Foundation' Sources; then
	  complain 'nothing in Sources imports Foundation'
	fi
	if grep -rnvE '^[[:space:]]*//' $(WORDLESS) | sed -E 's/"[^" ]*"//g' | grep '"'; then
	  complain '$(WORDLESS): sentences and commands are made in Sources/Reports'
	fi
	if grep -rnE '$(IMPORT)XCTest' Tests; then complain 'make test runs no XCTest: use Testing'; fi
	for script in $$(grep -rlIE --exclude-dir={.git,.build,'.build-*',completions} '^#!/.*[/ ](ba|da)?sh$$' .); do
	  shellcheck "$$script" || complain "shellcheck $$script"
	done
	bash -n completions/tw-inspect.bash || complain 'completions for bash'
	zsh -n completions/_tw-inspect || complain 'completions for zsh'
	fish -n completions/tw-inspect.fish || complain 'completions for fish'
	mandoc -T lint -W error man/*.1 || complain 'man pages'
	exit $$failed

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf .build .build-*

##### What has to be installed

# package:probe, where the probe is a command or a pkg-config module (libmnl.pc). Asking for the thing and not for the
# package lets this work beside other package managers too.
RUN_NEEDS := pkg-config:pkg-config libmnl-dev:libmnl.pc
BUILD_NEEDS := $(RUN_NEEDS) g++:$(CXX) binutils:readelf
TEST_NEEDS := $(RUN_NEEDS) iproute2:ip util-linux:unshare telnet:telnet tmux:tmux
BENCH_NEEDS := python3:python3 gcc:cc iproute2:ip util-linux:unshare lsof:lsof
CHECK_NEEDS := mandoc:mandoc zsh:zsh fish:fish shellcheck:shellcheck

.PHONY: deps deps-run deps-build deps-test deps-bench deps-check
deps: ## install what any of these needs (apt-get, with sudo where not root)
deps: deps-build deps-test deps-bench deps-check
deps-run: NEEDS = $(RUN_NEEDS)
deps-build: NEEDS = $(BUILD_NEEDS)
deps-test: NEEDS = $(TEST_NEEDS)
deps-bench: NEEDS = $(BENCH_NEEDS)
deps-check: NEEDS = $(CHECK_NEEDS)
deps-run deps-build deps-test deps-bench deps-check:
	@if ! command -v swift >/dev/null; then
	  echo 'make: swift is not on the PATH. Get Swift 6.2 or later: https://www.swift.org/install/linux/' >&2
	  exit 1
	fi
	missing=()
	for need in $(NEEDS); do
	  probe=$${need#*:}
	  case $$probe in
	    *.pc) pkg-config --exists "$${probe%.pc}" 2>/dev/null || missing+=("$${need%%:*}") ;;
	    *) command -v "$$probe" >/dev/null || missing+=("$${need%%:*}") ;;
	  esac
	done
	if [ "$${#missing[@]}" = 0 ]; then exit 0; fi
	exec >&2
	echo "make: missing: $${missing[*]}"
	if ! command -v apt-get >/dev/null; then
	  echo 'make: those are the names in Debian; there is no apt-get here, so please install what corresponds to them'
	  exit 1
	fi
	if [ "$$(id -u)" = 0 ]; then
	  root=
	elif command -v sudo >/dev/null; then
	  root=sudo
	  if ! sudo -n true 2>/dev/null && { [ "$${CI:-}" = true ] || [ ! -t 0 ]; }; then
	    echo "make: sudo wants a password, and there is nobody to ask. As root: apt-get install $${missing[*]}"
	    exit 1
	  fi
	else
	  echo "make: not root, and no sudo here. As root: apt-get install $${missing[*]}"
	  exit 1
	fi
	apt="$$root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120"
	if ! $$apt update --quiet; then
	  echo 'make: apt-get update failed (see above: network, or sources.list?); trying with the lists there are'
	fi
	if ! $$apt install --quiet --yes --no-install-recommends "$${missing[@]}" </dev/null; then
	  echo "make: apt-get could not install $${missing[*]} (see above). Install them by hand, then run make again."
	  exit 1
	fi
