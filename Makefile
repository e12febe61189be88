# legwork - build, test, install.  Needs GNU make and a C11 compiler.
#
#   make                      build the commands into build/bin
#   make test [T=NAME]        every test, or tests/unit/NAME.c and tests/NAME.bats
#   make test-peers [T=PART]  the commands with what others have written: needs node 20
#                             and npm, and installs into build/peers (tests/peers/run)
#   make torture [T=NAME]     every fault and damage the store must bear, tests/torture/NAME
#   make fuzz [T=30] [F=NAME] each fuzz target, or tests/fuzz/NAME.c, for T seconds; needs clang
#   make bench [N=100000] [T=NAME]
#                             the commands' times beside those of what else is installed, in stores of up
#                             to N tasks; FULL=1: a million, T: a section (tests/bench/bench.c)
#   make bench-peers          install what they are compared with
#   make lint                 format, static checks, man pages, warnings as errors
#   make format               put the code into the house's form
#   make demo [DIR=folder]    both pipelines on real files
#   make web [PORT=8042]      the page that shows chats and tasks to a browser
#   make install, uninstall   PREFIX, BINDIR, DATADIR, MANDIR and DESTDIR are honoured
#   make deb                  build/legwork_VERSION_ARCH.deb, from .deb/
#   make clean                remove build/, the only place that is written to
#
#   SAN=1     with address and undefined-behaviour sanitizers, in build/san
#   WERROR=1  warnings are errors
#
# What is missing on a Debian system is installed through apt-get (see .ci/need).

PREFIX  = /usr/local
BINDIR  = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR  = $(DATADIR)/man
VERSION = 0.1.0

# lib/ has a folder for each layer: a module may include what is in its own and in those before it,
# without a circle; a command anything.
LAYERS   = base data os term mcp model store plan chat life draft import show user agent spawn run serve
CC       = gcc
OPTIMIZE = -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
           -Wvla -Wwrite-strings -Wpointer-arith
HARDEN_C  = -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LD = -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
ifdef SAN
OPTIMIZE  = -O1 -g
HARDEN_C  = -fPIE -U_FORTIFY_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
HARDEN_LD = -pie -fsanitize=address,undefined
endif

B             = build$(if $(SAN),/san)
ALL_CPPFLAGS  = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(LAYERS:%=-Ilib/%) $(CPPFLAGS)
ALL_CFLAGS    = -std=c11 $(OPTIMIZE) $(WARNINGS) $(if $(WERROR),-Werror) $(HARDEN_C) $(CFLAGS)
ALL_LDFLAGS   = $(HARDEN_LD) -Wl,--as-needed $(LDFLAGS)
LDLIBS        = -ljq -lgdbm -luuid -lonig -lm

PACKAGES_BUILD = gcc make libc6-dev libjq-dev libgdbm-dev uuid-dev libonig-dev libcurl4-openssl-dev \
                 libyaml-dev
PACKAGES_TEST  = bats bats-support bats-assert bats-file mandoc jq curl parallel strace gdbmtool \
                 bash-completion zsh fish json-schema-test-suite bubblewrap awscli python3 graphviz \
                 $(PACKAGES_WEB) python3-websockets nodejs
PACKAGES_WEB   = websocketd
PACKAGES_PEERS = taskwarrior task-spooler nq sqlite3 libsqlite3-dev redis-server redis-tools beanstalkd parallel
PACKAGES_LINT  = clang-format cppcheck shellcheck mandoc nodejs
PACKAGES_BROWSER = chromium fonts-noto-color-emoji
PACKAGES_DEB   = dpkg-dev lintian
PACKAGES_FUZZ  = clang libclang-rt-14-dev llvm

comma   = ,
objects = $(patsubst %.c,$B/obj/%.o,$(wildcard $(1)/*.c))
LIB     := $(foreach layer,$(LAYERS),$(call objects,lib/$(layer)))
PROGS   := $(patsubst cmd/%.c,$B/bin/%,$(wildcard cmd/*.c))
SCRIPTS := $(patsubst cmd/%.sh,$B/bin/%,$(wildcard cmd/*.sh))
NAMES   := $(notdir $(PROGS) $(SCRIPTS))
WORDED  := $(filter-out legwork,$(NAMES))
SHARED  := $(patsubst share/%,%,$(shell find share -type f | sort))
PAGES   := $(notdir $(wildcard man/*.[1-9]))
UNITS   := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/*.c))
HELPERS := $(patsubst tests/helpers/%.c,$B/helpers/%,$(wildcard tests/helpers/*.c)) $B/helpers/model-server
TORTURE := $(addprefix $B/torture/,check-history hurt fault.so)
FUZZ    := $(call objects,tests/fuzz)
BENCH   := $(addprefix $B/bench/,bench inside nothing model $(if $(wildcard /usr/include/sqlite3.h),sqlite))
FOLDERS := $(addprefix $B/,bin unit helpers torture bench $(addprefix obj/,$(LAYERS:%=lib/%) cmd tests/unit tests/helpers tests/model tests/torture tests/fuzz tests/bench))

all: $B/lib.a $(PROGS) $(SCRIPTS)

# All that has objects, linked or not: what lint compiles.
everything: $(LIB) $(PROGS) $(UNITS) $(HELPERS) $(TORTURE) $(FUZZ) $(BENCH)

$B/bin/%: $B/obj/cmd/%.o $B/lib.a | $B/bin
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$B/bin/%: cmd/%.sh $B/commands | $B/bin
	sed -e 's/@VERSION@/$(VERSION)/' -e 's/@COMMANDS@/$(WORDED)/' $< >$@ && chmod 0755 $@

$B/unit/%: $B/obj/tests/unit/%.o $B/lib.a | $B/unit
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# Loading libcurl costs 4 ms: only what speaks HTTP is linked with it.
$B/bin/llm-chat $B/unit/http: LDLIBS += -lcurl

# Nor does anything else read YAML.
$B/bin/agent-import $B/unit/matter $B/bin/fuzz-roster: LDLIBS += -lyaml

$B/helpers/%: $B/obj/tests/helpers/%.o $B/lib.a | $B/helpers
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$B/helpers/model-server: $(call objects,tests/model) $B/lib.a | $B/helpers
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$B/torture/%.so: tests/torture/%.c $B/flags | deps-build $(FOLDERS)
	$(CC) $(ALL_CPPFLAGS) -std=c11 -O2 -g $(WARNINGS) $(if $(WERROR),-Werror) -fPIC -shared -o $@ $<

$B/torture/%: $B/obj/tests/torture/%.o $B/lib.a | $B/torture
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# It stays small, as what it starts is told how much memory it had: no library.
$B/bench/bench: $(patsubst %,$B/obj/tests/bench/%.o,bench measure table peer add read work view think spawn halt serve) | $B/bench
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$B/bench/inside: $B/obj/tests/bench/inside.o $B/lib.a | $B/bench
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$B/bench/nothing: $B/obj/tests/bench/nothing.o | $B/bench
	$(CC) $(HARDEN_LD) -Wl,--no-as-needed $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/bench/model: $B/obj/tests/bench/model.o | $B/bench
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$B/bench/sqlite: $B/obj/tests/bench/sqlite.o | $B/bench
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lsqlite3

# opt_parse exits where it answers or refuses; its target wants to go on.
$B/bin/fuzz-%: $B/obj/tests/fuzz/%.o $B/lib.a | $B/bin
	$(CC) $(ALL_LDFLAGS) $(if $(filter opt,$*),-Wl$(comma)--wrap=exit) -o $@ $^ $(LDLIBS)

$B/lib.a: $(LIB) $B/modules
	$(RM) $@ && $(AR) rcs $@ $(LIB)

$B/obj/%.o: %.c $B/flags | deps-build $(FOLDERS)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Files that change only when what they hold does: what depends on them is then remade.
remember = printf '%s\n' $(1) | cmp -s - $@ || printf '%s\n' $(1) >$@

$B/flags: FORCE | $(FOLDERS)
	@$(call remember,'$(subst ','\'',$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LDLIBS))')

$B/commands: FORCE | $(FOLDERS)
	@$(call remember,$(VERSION) $(WORDED))

$B/modules: FORCE | $(FOLDERS)
	@$(call remember,$(LIB))

$(FOLDERS):
	mkdir -p $@

# The packages that are missing; nothing is asked of dpkg where the headers are there.
deps-build:
	@printf '#include <%s>\n' jv.h gdbm.h uuid/uuid.h oniguruma.h curl/curl.h yaml.h | \
	 $(CC) $(CPPFLAGS) -E -o /dev/null - 2>/dev/null || .ci/need $(PACKAGES_BUILD)

deps-test: | deps-build
	@.ci/need $(PACKAGES_TEST)

deps-web:
	@.ci/need $(PACKAGES_WEB)

deps-lint: | deps-build
	@.ci/need $(PACKAGES_LINT)

deps-deb:
	@.ci/need $(PACKAGES_DEB)

# Asked of clang itself: its packages carry its version in their names.
deps-fuzz:
	@printf 'int LLVMFuzzerTestOneInput(void) { return 0; }\n' | \
	 clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null || .ci/need $(PACKAGES_FUZZ)

test: all $(UNITS) $(HELPERS) $(TORTURE) | deps-test
	@tests/run $B $(T)

deps-browser:
	@.ci/need $(PACKAGES_BROWSER)

test-peers: all $B/helpers/model-server | deps-test deps-browser
	@timeout 900 tests/peers/run $B $(T)

torture: all $(TORTURE) | deps-test
	@tests/torture/run $B $(T)

# All that is linked into a target is built by clang, into a folder of its own.
fuzz: | deps-build deps-fuzz
	@$(MAKE) --no-print-directory -s B=build/fuzz CC=clang OPTIMIZE='-O1 -g' \
	 HARDEN_C='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
	 HARDEN_LD='-fsanitize=fuzzer,address,undefined' fuzz-targets
	@tests/fuzz/run build/fuzz $(or $(T),30) $(F)

fuzz-targets: $(patsubst $B/obj/tests/fuzz/%.o,$B/bin/fuzz-%,$(FUZZ))

bench: all $(BENCH)
	@$B/bench/bench $B $(or $(N),$(if $(FULL),1000000,100000)) $(T)

bench-peers:
	@.ci/need $(PACKAGES_PEERS)

lint: | deps-lint
	@.ci/lint
	@echo 'lint: compiling with -Werror'
	@$(MAKE) --no-print-directory -s $(if $(WERROR)$(SAN),,B=build/lint) WERROR=1 everything

# Put the code into the form that lint wants.
format: | deps-lint
	clang-format -i $(wildcard $(foreach folder,lib/* cmd tests/unit tests/helpers tests/model tests/torture tests/fuzz tests/bench,$(folder)/*.[ch]))

demo: all
	@PATH="$(CURDIR)/$B/bin:$$PATH" LEGWORK_SHARE="$(CURDIR)/share" share/demo/demo $(if $(DIR),'$(subst ','\'',$(DIR))')

web: all | deps-web
	@LEGWORK_SHARE="$(CURDIR)/share" $B/bin/legwork-web $(if $(PORT),--port '$(subst ','\'',$(PORT))')

# Where to: the recipes find these in their environment, where blanks do no harm.
install uninstall: export to_bin   = $(DESTDIR)$(BINDIR)
install uninstall: export to_share = $(DESTDIR)$(DATADIR)/legwork
install uninstall: export to_man   = $(DESTDIR)$(MANDIR)
install uninstall: export to_bash  = $(DESTDIR)$(DATADIR)/bash-completion/completions
install uninstall: export to_zsh   = $(DESTDIR)$(DATADIR)/zsh/site-functions
install uninstall: export to_fish  = $(DESTDIR)$(DATADIR)/fish/vendor_completions.d

# bash and fish look for a command's completions under the command's name.
install: all
	@umask 022; set -e; \
	put() { [ ! -f "$$2" ] || install -D -m "$$1" "$$2" "$$3"; }; \
	link() { [ ! -f "$$1" ] || [ "$${1##*/}" = "$${2##*/}" ] || ln -sf "$${1##*/}" "$$2"; }; \
	for name in $(NAMES); do put 0755 "$B/bin/$$name" "$$to_bin/$$name"; done; \
	for file in $(SHARED); do \
		if [ -x "share/$$file" ]; then mode=0755; else mode=0644; fi; \
		put $$mode "share/$$file" "$$to_share/$$file"; \
	done; \
	for page in $(PAGES); do put 0644 "man/$$page" "$$to_man/man$${page##*.}/$$page"; done; \
	put 0644 completions/legwork.bash "$$to_bash/legwork.bash"; \
	put 0644 completions/_legwork "$$to_zsh/_legwork"; \
	put 0644 completions/legwork.fish "$$to_fish/legwork.fish"; \
	for name in $(NAMES); do \
		link "$$to_bash/legwork.bash" "$$to_bash/$$name"; \
		link "$$to_fish/legwork.fish" "$$to_fish/$$name.fish"; \
	done

# What install made, and of its folders those that are legwork's own and empty.
uninstall:
	@for name in $(NAMES); do \
		rm -f "$$to_bin/$$name" "$$to_bash/$$name" "$$to_fish/$$name.fish"; \
	done; \
	for file in $(SHARED); do rm -f "$$to_share/$$file"; done; \
	for page in $(PAGES); do rm -f "$$to_man/man$${page##*.}/$$page"; done; \
	rm -f "$$to_bash/legwork.bash" "$$to_zsh/_legwork" "$$to_fish/legwork.fish"; \
	[ ! -d "$$to_share" ] || find "$$to_share" -depth -type d -empty -delete

deb: all | deps-deb
	@.deb/build $B $(VERSION)

clean:
	$(RM) -r build

FORCE:
.PHONY: all everything deps-build deps-test deps-web deps-lint deps-deb deps-fuzz deps-browser test test-peers torture fuzz fuzz-targets bench bench-peers lint format demo web install uninstall deb clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $B/obj/*/*.d $B/obj/*/*/*.d)
