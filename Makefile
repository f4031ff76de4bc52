# livekit_token/Makefile

EXTENSION = livekit_token
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(srcdir)/$(EXTENSION).control)
DATA = $(EXTENSION)--$(EXTVERSION).sql
PGFILEDESC = "livekit_token - signs and verifies LiveKit access tokens"

MODULE_big = livekit_token
OBJS = $(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(srcdir)/src/*.c $(srcdir)/src/core/*.c)))

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
	sealed_keys sealed_tamper sealed_by_hand sealed_cache master_keys \
	project_url key_import key_import_file \
	verify tamper header hostile inspect encoding \
	register register_reject registry relation_changes \
	naming in_force not_in_force policy_roles views views_changed definer restricted \
	plans parallel contexts recursion shadowing \
	join join_url join_http join_request token_source device \
	access_types access_names access_citext access_collation access_encoding \
	ceiling ceiling_model ceiling_publish ceiling_row ceiling_texts ceiling_ttl \
	identity identity_policy identity_refused \
	audit audit_table audit_privileges audit_refusals audit_tokens counters \
	explain explain_refused explain_claims explain_logins explain_safety \
	explain_policies \
	access_report access_report_rows confined \
	lint lint_silent lint_unknown lint_privileges lint_schema lint_access \
	lint_policies lint_tables lint_keys lint_settings lint_logins \
	lint_session \
	api_methods api_request api_fields api_url api_http room_request \
	room_request_refused permission room_config_builder webhook \
	webhook_refused \
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
