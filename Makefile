# livekit_token/Makefile

EXTENSION = livekit_token
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/$(EXTENSION).control)
DATA = $(EXTENSION)--$(EXTVERSION).sql
PGFILEDESC = "livekit_token - signs and verifies LiveKit access tokens"

MODULE_big = livekit_token
OBJS = \
	src/access.o \
	src/advice.o \
	src/authorize.o \
	src/ceiling.o \
	src/claims.o \
	src/columntext.o \
	src/core/base64url.o \
	src/core/jsonscan.o \
	src/core/jws.o \
	src/core/status.o \
	src/grants.o \
	src/grantset.o \
	src/http.o \
	src/identity.o \
	src/inforce.o \
	src/inspect.o \
	src/join.o \
	src/jsonarg.o \
	src/keyfile.o \
	src/keylist.o \
	src/keyring.o \
	src/livekit_token.o \
	src/mint.o \
	src/names.o \
	src/owner.o \
	src/payload.o \
	src/policies.o \
	src/privileges.o \
	src/question.o \
	src/reader.o \
	src/registry.o \
	src/request.o \
	src/roomconfig.o \
	src/settings.o \
	src/token.o \
	src/tokensource.o \
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
	register register_reject registry relation_changes \
	in_force not_in_force policy_roles views views_changed definer restricted \
	plans parallel contexts recursion shadowing \
	join join_url join_http join_request token_source device \
	access_types access_names access_citext access_collation access_encoding \
	ceiling ceiling_model ceiling_publish ceiling_row ceiling_texts ceiling_ttl \
	identity identity_policy identity_refused \
	cleanup

# No bitcode, hence no need of clang and llvm where the server has JIT.
override with_llvm = no

PG_CONFIG ?= pg_config
.DEFAULT_GOAL = all
include $(dir $(lastword $(MAKEFILE_LIST)))tools/tasks.mk

ifndef NO_PGXS
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/core/*.h)
endif
