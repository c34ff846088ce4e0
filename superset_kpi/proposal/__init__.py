"""An unknown warehouse -> a mapping file: what its names, types, keys and values suggest."""
