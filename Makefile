# msb_org: PGXS build.  The version is default_version in msb_org.control, nowhere else.

EXTENSION  = msb_org
# Where this file is; in a build outside the source tree (make -f SOURCE/Makefile
# VPATH=SOURCE) that is not the current directory.
HERE       := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(HERE)/msb_org.control)
# The source files of these patterns, as seen from there.
sources     = $(sort $(patsubst $(HERE)/%,%,$(wildcard $(addprefix $(HERE)/,$(1)))))

# The chapters of extension/, each resting on those before it.
CHAPTERS   = base types structure proof decide cases ledger plans work access reports

MODULE_big = msb_org
OBJS       = $(patsubst %.c,%.o,$(call sources,$(CHAPTERS:%=extension/%/*.c)))
OUR_HEADERS = $(call sources,$(CHAPTERS:%=extension/%/*.h))
ifdef VPATH
$(shell mkdir -p po $(CHAPTERS:%=extension/%))
endif

# The SQL objects, one file a concept, in the order in which they need each other: the
# chapters' order, and at the end what looks at all that the extension owns.
SQL_PARTS  = $(addprefix extension/,\
	base/schema.sql base/messages.sql base/settings.sql \
	types/cpr.sql types/target_group.sql \
	structure/structure.sql structure/enactment.sql \
	proof/verify.sql \
	decide/area.sql decide/org_chart.sql \
	cases/case_table.sql cases/make_map.sql cases/attach.sql cases/primary_challenge.sql cases/override.sql cases/impact.sql \
	ledger/citizen_lock.sql ledger/ledger.sql \
	plans/plan_kind.sql plans/plan.sql plans/plan_contents.sql plans/plan_guard.sql plans/plan_document.sql plans/coordination.sql \
	work/judge_cases.sql work/citizens.sql work/reassign.sql work/daily_job.sql work/handovers.sql work/erasure.sql work/recheck.sql \
	access/citizen_view.sql access/access.sql access/protect.sql \
	reports/report.sql reports/report_rows.sql reports/report_load.sql reports/report_course.sql reports/report_flow.sql reports/report_state.sql reports/report_plans.sql \
	base/reference_check.sql access/grants.sql)
SCRIPT     = extension/$(EXTENSION)--$(EXTVERSION).sql
# Released scripts, which never change (make release): none, as long as the list is empty.
# And the scripts from one version to the next, and the page of reports, psql scripts beside
# the extension's own.
RELEASED   = $(addprefix extension/,$(shell sed -n 's/^[0-9a-f]\{64\}  //p' $(HERE)/extension/released.sha256))
DATA_built = $(filter-out $(RELEASED),$(SCRIPT))
DATA       = $(RELEASED) $(call sources,extension/$(EXTENSION)--*--*.sql extension/reports/page/*.sql)

REGRESS        = $(patsubst sql/%.sql,%,$(call sources,sql/*.sql))
REGRESS_OPTS   = --load-extension=msb_org
ISOLATION      = $(patsubst specs/%.spec,%,$(call sources,specs/*.spec))
ISOLATION_OPTS = --load-extension=msb_org
TAP_TESTS      = $(if $(call sources,t/*.pl),1)

PG_CPPFLAGS = -I$(srcdir)/extension
# the server's own headers have unused parameters
PG_CFLAGS   = -Wall -Wextra -Wno-unused-parameter
EXTRA_CLEAN = $(DATA_built) po/sql_messages.c

# calls from one file to another go straight there, and need nothing done when the
# library is loaded
ifeq ($(shell uname -s),Linux)
SHLIB_LINK += -Wl,-Bsymbolic-functions
endif

# The targets that need no pg_config beforehand: they install what is missing, build a
# copy of the tree, and use a temporary server.  PGXS has a target "check" of its own,
# so its files are not read for these; goals named beside them are made by themselves.
OWN_GOALS = check check-matrix check-sanitize check-upgrade check-redmine check-package dist release demo bench pictures reference report deps
ifneq (,$(filter $(OWN_GOALS),$(MAKECMDGOALS)))

.PHONY: $(MAKECMDGOALS)
.NOTPARALLEL:
check pictures reference release report deps:
	@bash tools/$@.sh
check-matrix check-sanitize check-upgrade check-redmine check-package:
	@bash tools/$(@:check-%=%).sh
# What PGXN is sent, made from the last commit: DIST_DIR=DIR puts it there.
DIST_DIR ?= .
DISTRIBUTION := $(EXTENSION)-$(shell sed -n 's/^    "version": "\(.*\)",$$/\1/p' META.json)
dist:
	git archive --format=zip --prefix=$(DISTRIBUTION)/ --output='$(DIST_DIR)/$(DISTRIBUTION).zip' HEAD
demo bench:
	@bash tools/demo_or_bench.sh $@
$(filter-out $(OWN_GOALS),$(MAKECMDGOALS)):
	@$(MAKE) $@

else

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>&1)
ifeq (,$(wildcard $(PGXS)))
$(error $(PG_CONFIG) leads to no PGXS files ($(PGXS)): install the server's development package, name it with PG_CONFIG=, or run make deps)
endif

# The Danish messages (nls.mk, po/) are compiled and installed by PGXS, if the server
# was built with NLS.  Without msgfmt everything else is built and messages are English.
ifeq (,$(shell msgfmt --version 2>/dev/null))
override enable_nls = no
all: untranslated
.PHONY: untranslated
untranslated:
	@echo "msgfmt is missing (package gettext): built without the Danish messages"
endif
include $(PGXS)

# Brings po/*.po up to date with the messages in the sources: new ones are added
# untranslated, those that are gone are dropped.
ifeq ($(enable_nls),yes)
XGETTEXT += --add-location=file --package-name=msb_org --package-version=$(EXTVERSION) \
	--copyright-holder='the msb_org developers' --msgid-bugs-address=msb_org --from-code=UTF-8
MSGMERGE += --add-location=file --no-fuzzy-matching
.PHONY: po
po: update-po
	for lang in $(AVAIL_LANGUAGES); do \
	  msgattrib --no-obsolete --no-wrap --add-location=file po/$$lang.po.new | sed '/^"POT-Creation-Date: /d' >po/$$lang.po && \
	  rm po/$$lang.po.new || exit 1; \
	done
endif

$(OBJS): $(OUR_HEADERS)

# A line "-- @include FILE" is replaced by that file.
$(DATA_built): $(SQL_PARTS) $(call sources,extension/structures/*.json) msb_org.control Makefile
	@echo "assembling $@"
	@{ printf '%s\n' '/* $(notdir $@): assembled by make from the chapters of extension/ */' \
	     '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	   for part in $(SQL_PARTS); do \
	     echo; awk -v here='$(HERE)/' '/^-- @include / { while ((getline line < (here $$3)) > 0) print line; close(here $$3); next } { print }' '$(HERE)'/$$part || exit 1; \
	   done; } > $@.tmp && mv $@.tmp $@

endif
