"""What is measured and shipped, one file a lesson: `make checkpoints`, `evidence` and `bench`.

experiments/<word>.py has, as far as its lesson needs them,

- `checkpoints()`: trainings of what is shipped, functions that yield (network, name, provenance);
- `evidence()`: {data set: a function that returns what data/evidence/ keeps of it};
- `bench()`: functions whose docstring says what is measured, and that return it as a line.
"""
