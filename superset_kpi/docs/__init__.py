"""The pages that are generated from macros, commands, cards and the shape of mapping files."""
