# What people run: each of these is one script, needs no PGXS and builds what
# it needs.  The Makefile includes this, and PGXS where none of them is asked for.
TASKS = demo example example-check check unit regress pgtap tap readme fuzz interop check-versions \
	bench bench-endpoint bench-instructions bench-memory sanitize valgrind

ifneq ($(filter $(TASKS),$(MAKECMDGOALS)),)

NO_PGXS = yes
.PHONY: $(MAKECMDGOALS)
demo example example-check check sanitize valgrind:
	@tools/$@
unit regress pgtap tap readme fuzz:
	@tools/check $@
interop:
	@tools/check interop-all
check-versions:
	@tools/check-versions $(VERSIONS)
bench:
	@bench/run
bench-endpoint bench-instructions bench-memory:
	@bench/$(@:bench-%=%)
$(filter-out $(TASKS),$(MAKECMDGOALS)):
	@$(MAKE) $@

endif
