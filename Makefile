# Each target is also `python -m course_utils TARGET` (Windows has no make).
PYTHON ?= python3
TARGETS = lab test test-fast test-scale start check progress run features data serve doctor \
          notebooks bring-back bench checkpoints evidence results slides handouts site release help
.PHONY: $(TARGETS)
.DEFAULT_GOAL = help
$(TARGETS):
	@$(PYTHON) -m course_utils $@ $(LESSON) $(ARGS)
