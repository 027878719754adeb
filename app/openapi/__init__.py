"""What the service answers, declared section by section, as one document and as pages to try it on."""
