# The menu. Everything with a branch in it is Rust, in xtask/.

# Built files stay outside the checkout, so that a fresh clone builds only what changed.
XDG_CACHE_HOME ?= $(HOME)/.cache
export CARGO_TARGET_DIR ?= $(XDG_CACHE_HOME)/nixie/target
# Seconds that the demonstration runs; empty means until Ctrl-C.
DURATION ?=

xtask = @sh xtask/linker.sh && sh xtask/checkout.sh && cargo run --quiet --package xtask --

.PHONY: help setup demo test ci lint fmt tidy deny bench clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## Install what building, testing and the demonstration need
	$(xtask) setup all

demo: ## Trace a small real system and show live tables (DURATION=30 to end by itself)
	$(xtask) demo $(DURATION)

test: ## Format, lints, all tests and the tidy rules
	$(xtask) test

ci: ## What the CI job runs
	.ci/run

lint: ## Run clippy, with warnings as errors
	$(xtask) lint

fmt: ## Format the Rust code
	cargo fmt --all

tidy: ## Check sizes, names, licences and who may depend on whom
	$(xtask) tidy

deny: ## Check dependencies with cargo-deny
	$(xtask) deny

bench: ## Measure; CASE=name for one case
	$(xtask) bench $(CASE)

clean: ## Remove everything that was built
	cargo clean
