# livekit_token/Makefile

EXTENSION = livekit_token
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/$(EXTENSION).control)
DATA = $(EXTENSION)--$(EXTVERSION).sql
PGFILEDESC = "livekit_token - signs and verifies LiveKit access tokens"

MODULE_big = livekit_token
OBJS = \
	src/advice.o \
	src/authorize.o \
	src/claims.o \
	src/core/base64url.o \
	src/core/jsonscan.o \
	src/core/jws.o \
	src/core/status.o \
	src/grants.o \
	src/grantset.o \
	src/inspect.o \
	src/jsonarg.o \
	src/keyfile.o \
	src/keylist.o \
	src/keyring.o \
	src/livekit_token.o \
	src/names.o \
	src/payload.o \
	src/privileges.o \
	src/reader.o \
	src/request.o \
	src/roomconfig.o \
	src/settings.o \
	src/token.o \
	src/url.o \
	src/wire.o

PG_CPPFLAGS = -I$(srcdir)/src
# PostgreSQL's headers have unused parameters, as has every SQL function.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter
ifneq ($(findstring clang,$(CC)),)
# The server's flags are those of the compiler that built it.
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes
endif
SHLIB_LINK = -lcrypto

# The tests hold text beyond ASCII.
ENCODING = UTF8
# setup makes what the others need, cleanup takes it away
REGRESS = setup \
	mint claims options ttl limits contradictions text_round_trip names \
	grant_types grants_accept grants_reject room_config room_config_reject \
	key_file keyring settings placeholders \
	verify tamper header hostile inspect encoding \
	cleanup

# No bitcode, hence no need of clang and llvm where the server has JIT.
override with_llvm = no

# Each of these runs one script, needs no PGXS and builds what it needs.
TASKS = demo check unit regress pgtap tap readme fuzz interop check-versions \
	bench bench-instructions bench-memory sanitize valgrind

PG_CONFIG ?= pg_config
.DEFAULT_GOAL = all

ifneq ($(filter $(TASKS),$(MAKECMDGOALS)),)

.PHONY: $(MAKECMDGOALS)
demo check sanitize valgrind:
	@tools/$@
unit regress pgtap tap readme fuzz:
	@tools/check $@
interop:
	@tools/check interop-all
check-versions:
	@tools/check-versions $(VERSIONS)
bench:
	@bench/run
bench-instructions bench-memory:
	@bench/$(@:bench-%=%)
$(filter-out $(TASKS),$(MAKECMDGOALS)):
	@$(MAKE) $@

else

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/core/*.h)

endif
