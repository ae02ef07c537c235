"""The embedded language model: weights from package registries, llama.cpp, and Mistral's dialect on a local port."""
