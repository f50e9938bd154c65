# Each target is also `python -m course_utils TARGET` (Windows has no make).
PYTHON ?= python3
TARGETS = lab test test-fast run notebooks bench checkpoints evidence results slides site serve doctor help
.PHONY: $(TARGETS)
.DEFAULT_GOAL = help
$(TARGETS):
	@$(PYTHON) -m course_utils $@ $(LESSON) $(ARGS)
