"""What is measured and shipped, one file a lesson: `make checkpoints`, `evidence` and `bench`.

experiments/<word>.py has, as far as its lesson needs them,

- `checkpoints()`: trainings of what is shipped, functions that yield (network, name, provenance);
  those in one tuple don't need each other;
- `evidence()`: {data set: a function that returns what data/evidence/ keeps of it}; one that takes
  `each` splits its independent trainings into jobs by it, see `common.Each`;
- `bench()`: functions whose docstring says what is measured, and that return it as a line.
"""
