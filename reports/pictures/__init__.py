"""Pictures as SVG, drawn from the evidence's figures."""
