# %% [markdown]
# # The same jobs today: flow matching
